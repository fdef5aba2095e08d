"""The life of a recording: its sessions, what is done each second, its end.

One `Recording` lasts as long as the client; the sessions that it writes follow one another. Between two of
them it may sleep: the next session's files are there, so that orders reach it, but it has no line yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lsp_server.home import control
from lsp_server.home.blob_store import BlobStore
from lsp_server.home.doorbell import Bell
from lsp_server.home.layout import Route
from lsp_server.home.settings import Settings
from lsp_server.recording.bound import Bound
from lsp_server.recording.clock import Clocks, SessionClock
from lsp_server.recording.consented import ConsentWatch
from lsp_server.recording.documents import Documents
from lsp_server.recording.forgetting import forget
from lsp_server.recording.handles import Handles, take
from lsp_server.recording.introduction import Client, Introduction
from lsp_server.recording.keeper import SenderKeeper
from lsp_server.recording.recorder import EndReason, Recorder
from lsp_server.recording.rollover import Rollover
from lsp_server.recording.standing import Condition, Report, Standing, joined
from lsp_server.recording.tracked_files import TrackedFiles
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.paths import Folder
from pairlog.consent import Choice, Consented, is_lower
from pairlog.denied import DenyList
from pairlog.errors import UserError
from pairlog.events import Clock
from pairlog.home import open_home
from pairlog.ids import keyed

#: A small repository's manifest becomes the second line; a large one follows while keys are recorded.
_MANIFEST_SECONDS_MAX = 0.25
#: Clients give a server two seconds to leave.
_MANIFEST_SECONDS_MAX_AT_END = 1.0


class Recording:
    """What is written about one folder while a client is there."""

    def __init__(
        self,
        settings: Settings,
        root: Path,
        consent: Consented,
        client: Client,
        report: Report,
        tell: Callable[[str], None],
        clocks: Clocks | None = None,
    ) -> None:
        """Begin the first session.

        `report` hears each new state, `tell` what a person must see. Raises UserError where the home cannot
        be used.
        """
        self._settings = settings
        self.root = root
        self._consent = self._consent_told = consent
        self._report = report
        self._tell = tell
        self._clocks = clocks or Clocks()
        self.home = open_home(settings.home.path)
        self.encoding = client.encoding
        #: Which files may be told, whatever git says of them.
        self.rules = DenyList(settings.include, settings.exclude)
        self._blobs = BlobStore(self.home.blobs)
        self._introduction = Introduction(client, settings.clock, keyed(self.home.key(), str(root)))
        gate = Gate(Folder(root), self.rules)
        self._tracked_files = TrackedFiles(gate, self._blobs)
        self.documents = Documents(gate, client.encoding)
        self._standing = Standing(self.home, root, report, tell)
        self._bound = Bound(self.home, settings.spool_bytes_max)
        self._bell = Bell(self.home)
        self._sender = SenderKeeper(self.home, settings.collector is not None)
        self._choices = ConsentWatch(settings, root)
        #: Why the session must end as soon as its end can be written.
        self._due: EndReason | None = None
        self.is_over = False
        #: What else a person should know while all goes well; the second is the senses'.
        self.remark = self.remark_of_senses = ""
        self.agents_port = settings.agents_port
        self._told_from_ms = self._now_ms()
        self._forgot_until = 0
        self._is_asleep = True
        self._previous: str | None = None
        self.recorder = self._follower()
        self._files = self._take_files()
        try:
            self._wake()
        except UserError:
            self._files.remove()
            raise
        self._sender.keep()
        self._show()

    # -- called by the server ---------------------------------------------------------------------------

    @property
    def level(self) -> Choice:
        """The level of consent that holds now."""
        return self._consent.level

    @property
    def told_from_ms(self) -> int:
        """What happened before may not be told any more, in milliseconds since 1970."""
        return max(self._told_from_ms, self._forgot_until)

    def awake(self) -> Recorder:
        """The recorder, for what happens now: where no session runs, one begins with it."""
        if self._is_asleep and not (self.recorder.is_paused or self.recorder.is_full):
            self._try_to_wake()
        return self.recorder

    def perceive(self, act: Callable[[Recorder], None]) -> None:
        """Record what happens now beside the client; `act` is done to the recorder at work."""
        if self.is_over:
            return
        self.recorder.read_clock()
        act(self.awake())
        self.flush()

    def flush(self) -> None:
        """Hand what was recorded to the kernel; a save, a run or the end waits for the disk as well."""
        self.recorder.flush()
        if self.recorder.urgent:
            self.recorder.urgent = False
            self._files.spool.sync()
            begun, self.recorder.runs.begun = self.recorder.runs.begun, None
            if begun is not None:
                self._tracked_files.look_again(begun)
        if self.recorder.releases:
            self.recorder.releases = False
            self._bell.ring()

    def pause(self) -> None:
        """Record nothing until `resume`."""
        if self.recorder.is_paused:
            return
        if self._is_asleep:
            self.recorder.is_paused = True
        else:
            self.recorder.read_clock()
            self.recorder.pause()
        self._show()

    def resume(self) -> None:
        """Record again."""
        if not self.recorder.is_paused:
            return
        self._told_from_ms = self._now_ms()
        if self._is_asleep:
            self.recorder.flush()
            self.recorder.is_paused = False
        else:
            self.recorder.read_clock()
            self._tell_consent()
            self.recorder.resume()
            self._rollover.touch(self._clock.t())
            self.flush()
        self._show()

    def forget(self, since_ms: int, until_ms: int) -> None:
        """Take back what was recorded in this time, in milliseconds since 1970."""
        if not self._is_asleep:
            self.recorder.read_clock()
            self.flush()
            try:
                forget(self.home, self._files.spool, self.recorder, since_ms, until_ms)
            except OSError as error:
                self._tell(
                    f"Pairlog cannot take back what it recorded: {error.strerror}; make room and say it again"
                )
                return
            self.flush()
            self._tracked_files.forget()
            self._rollover.touch(self._clock.t())
        self._forgot_until = max(self._forgot_until, until_ms)
        self._show()

    def choose(self, choice: Consented) -> None:
        """The client's own choice is another one from now on, obeyed with the next `tick`."""
        self._choices.choose(replace(self._settings, consent=choice))

    def tick(self) -> None:
        """What is due once a second."""
        if self.is_over:
            return
        self.recorder.read_clock()
        if not self._is_asleep:
            self._rollover.look(self._clock.t(), self.recorder.next)
        if self._hear_consent() and self._hear_erasure() and self._look_after_session():
            self._sender.tick()
            self._show()

    def end(self, reason: EndReason) -> None:
        """Write the last line, bring everything to the disk, let go of the files."""
        if self.is_over:
            return
        if self._is_asleep and self.recorder.lost:
            self._try_to_wake()
        self.is_over = True
        if self._is_asleep:
            self._files.remove()
        else:
            self._write_end(reason)
            self._files.let_go(keep_pid=self.recorder.is_full)
        # One that died since the last look would be missed by nobody until the next recorder starts.
        self._sender.keep()

    # -- one session after the other ----------------------------------------------------------------------

    def _take_files(self) -> Handles:
        return take(self.home, Route(self._settings.collector, self._settings.token))

    def _follower(self) -> Recorder:
        """What knows the documents, paused or not, while no session has begun; it writes nothing."""
        return Recorder(self.documents, lambda _lines: 0, self._blobs.keep, lambda: 0)

    def _wake(self) -> None:
        """Write the header, what was lost before it, and the documents as they stand.

        Raises UserError where the header cannot be written.
        """
        facts = self._tracked_files.look(self._consent.level)
        clock = SessionClock(self._clocks)
        recorder = Recorder(self.documents, self._files.spool.append, self._blobs.keep, clock.t)
        recorder.begin(
            self._introduction.header(
                self._files.session, clock.started_at, facts, self._consent, self._previous
            )
        )
        recorder.flush()
        if recorder.next == 0:
            raise UserError(f"cannot record: {self._files.spool.trouble}; make room in {self.home.path}")
        lost = self.recorder.lost
        self.recorder, self._clock = recorder, clock
        self._is_asleep = False
        self._consent_told = self._consent
        self._rollover = Rollover()
        self._tracked_files.tell(recorder, _MANIFEST_SECONDS_MAX)
        if lost:
            recorder.gap("not_emitted", "nothing could be written", count=lost)
        recorder.rebase(why="resumed")
        recorder.flush()

    def _try_to_wake(self) -> None:
        """Begin the session that waits; where that fails, count what is lost until it works."""
        try:
            self._wake()
        except UserError:
            self.recorder.stop()

    def _sleep(self, previous: str | None) -> bool:
        """Take the files of the next session, which begins later; False where that ended the recording."""
        self._files.let_go()
        ended, self.recorder = self.recorder, self._follower()
        self.recorder.is_paused = ended.is_paused
        self.recorder.is_full, self.recorder.lost = ended.is_full, ended.lost
        self._previous = previous
        self._due = None
        self._is_asleep = True
        try:
            self._files = self._take_files()
        except UserError as error:
            self.is_over = True
            self._report("off", str(error), None)
            self._tell(f"Pairlog records no more: {error}")
            return False
        return True

    def _write_end(self, reason: EndReason) -> None:
        recorder = self.recorder
        recorder.read_clock()
        self._tell_consent()
        if not (recorder.is_paused or self._tracked_files.tell(recorder, _MANIFEST_SECONDS_MAX_AT_END)):
            recorder.gap("not_emitted", "the session ended before its tracked files were read")
        recorder.end(reason)
        self.flush()

    def _turn(self, reason: EndReason) -> bool:
        """End this session; the next one follows at once, or after a rest with what happens next.

        False where that ended the recording.
        """
        was_paused = self.recorder.is_paused
        self._write_end(reason)
        self.recorder.is_paused = was_paused
        if self.recorder.is_full:
            self._due = reason
            return True
        if self._files.spool.waiting:
            # The disk filled up just now: the session ends once its `end` can be written.
            self._files.spool.withdraw()
            self.recorder.take_back(1)
            self._due = reason
            return True
        if self._sleep(previous=self._files.session) and reason != "idle":
            self.awake()
        return not self.is_over

    # -- what is due ----------------------------------------------------------------------------------------

    def _look_after_session(self) -> bool:
        """Clock, manifest, room, the disk, the session's length; False where that ended the recording."""
        self._obey_orders()
        recorder = self.recorder
        if self._is_asleep:
            if recorder.is_full and not recorder.is_paused:
                self._try_to_wake()
            return True
        now = self._clock.t()
        if not recorder.is_paused:
            self._watch_clock()
            if recorder.wants_manifest and self._tracked_files.again():
                recorder.wants_manifest = False
            self._tracked_files.tell(recorder, 0)
            if self._bound.look(self._files.spool.size) and not recorder.is_full:
                recorder.stop()
        self.flush()
        spool = self._files.spool
        spool.drain()
        if recorder.is_full and not self._bound.is_exceeded and not spool.waiting:
            recorder.recover()
            self._rollover.touch(now)
        spool.sync()
        self._rollover.forgive(recorder.next)
        if spool.waiting:
            return True
        if recorder.is_full or recorder.is_paused or self._settings.clock == "client":
            # The client's times run through: a session that they are told for cannot be cut in two.
            return self._turn(self._due) if self._due and not recorder.is_full else True
        due = self._due or self._rollover.due(now, self.documents.await_edit)
        return due is None or self._turn(due)

    def _watch_clock(self) -> None:
        if self._settings.clock == "recorder" and (utc := self._clock.jumped()) is not None:
            self.recorder.event(Clock, utc=utc)

    def _hear_erasure(self) -> bool:
        """Begin a new session where this one was erased; False where that did not work."""
        # The collector erased it, and the sender its files.
        if not self._files.spool.is_removed():
            return True
        if self._sleep(previous=None):
            self.awake()
        return not self.is_over

    def _obey_orders(self) -> None:
        """Carry out what a person or the sender asks for."""
        for order in self._files.orders.take():
            what = order.get("order")
            if what == control.PAUSE:
                self.pause()
            elif what == control.RESUME:
                self.resume()
            elif what == control.FORGET:
                self.forget(int(order["since"]), int(order["until"]))
            elif self._is_asleep:
                continue
            elif what == control.REBASE:
                self.recorder.rebase(order.get("docs"))
            elif what == control.NEW_SESSION:
                self._due = "interrupted"

    def _hear_consent(self) -> bool:
        """Obey a choice made with `pairlog consent` while this recording runs; False where it ended it."""
        now = self._choices.heard()
        if now is None:
            return True
        if now.consent is None:
            self._consent = now.refusal or replace(self._consent, level="off")
            self._tell_consent()
            self.end("consent")
            self._report("off", now.why, None)
            if now.is_fault:
                self._tell(now.why)
            return False
        if is_lower(now.consent.level, self._consent.level):
            # What waits of this session is taken back, so it ends here.
            self._due = "consent"
        self._consent = now.consent
        self._told_from_ms = self._now_ms()
        if not self.recorder.is_paused:
            self._tell_consent()
        return True

    def _tell_consent(self) -> None:
        """Have the session say the choice in force where it does not yet, ahead of any text behind it."""
        now, told = self._consent, self._consent_told
        if self._is_asleep or (now.level, now.use) == (told.level, told.use):
            return
        self._consent_told = now
        self.recorder.tell_consent(now)
        self._tracked_files.follow(now.level)

    def _now_ms(self) -> int:
        return self._clocks.time_ns() // 1_000_000

    def _show(self) -> None:
        trouble = ""
        if self._bound.is_exceeded:
            trouble = str(self._bound)
        elif self.recorder.is_full or self._files.spool.waiting:
            trouble = self._files.spool.trouble or "a file could not be written"
        condition = Condition(
            self._consent.level,
            trouble,
            not (self.recorder.is_full or self._bound.is_exceeded),
            self.recorder.is_paused,
            self._is_asleep,
            self._settings.collector is not None,
            self._forgot_until,
            joined(self.remark, self.remark_of_senses),
        )
        self._standing.show(self._files, condition)
