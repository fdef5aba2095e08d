"""The sessions of a recording, which follow one another.

Between two of them a recording may sleep: the next session's files are there, so that orders reach it, but
it has no line yet.
"""

from __future__ import annotations

from pathlib import Path

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.doorbell import Bell
from lsp_server.home.layout import Route
from lsp_server.home.settings import Settings
from lsp_server.recording.bound import Bound
from lsp_server.recording.clock import Clocks, SessionClock
from lsp_server.recording.documents import Documents
from lsp_server.recording.forgetting import forget
from lsp_server.recording.handles import Handles, take
from lsp_server.recording.introduction import Client, Introduction
from lsp_server.recording.recorder import EndReason, Recorder
from lsp_server.recording.rollover import Rollover
from lsp_server.recording.tracked_files import TrackedFiles
from lsp_server.workspace.gate import Gate
from pairlog.consent import Consented
from pairlog.errors import UserError
from pairlog.events import Clock
from pairlog.home import open_home
from pairlog.ids import keyed

#: A small repository's manifest becomes the second line; a large one follows while keys are recorded.
_MANIFEST_SECONDS_MAX = 0.25
#: Clients give a server two seconds to leave.
_MANIFEST_SECONDS_MAX_AT_END = 1.0


class Sessions:
    """The session at work, and the step to the next one."""

    def __init__(
        self, settings: Settings, root: Path, gate: Gate, consent: Consented, client: Client, clocks: Clocks
    ) -> None:
        """Begin the first session. Raises UserError where the home cannot be used."""
        self._settings = settings
        self._clocks = clocks
        self.home = open_home(settings.home.path)
        #: The choice in force, and the one that the session has said.
        self.consent = self._consent_told = consent
        self._blobs = BlobStore(self.home.blobs)
        self._introduction = Introduction(client, settings.clock, keyed(self.home.key(), str(root)))
        self._tracked_files = TrackedFiles(gate, self._blobs)
        self.documents = Documents(gate, client.encoding)
        self._bell = Bell(self.home)
        self._bound = Bound(self.home, settings.spool_bytes_max)
        #: Why the session must end as soon as its end can be written.
        self.due: EndReason | None = None
        self.is_asleep = True
        self._previous: str | None = None
        self.recorder = self._follower()
        self.files = self._take_files()
        try:
            self._wake()
        except UserError:
            self.files.remove()
            raise

    @property
    def trouble(self) -> str:
        """What keeps lines from the disk; empty where nothing does."""
        if self._bound.is_exceeded:
            return str(self._bound)
        if self.recorder.is_full or self.files.spool.waiting:
            return self.files.spool.trouble or "a file could not be written"
        return ""

    @property
    def keeps(self) -> bool:
        """Whether what happens while there is trouble waits in memory."""
        return not (self.recorder.is_full or self._bound.is_exceeded)

    def awake(self) -> Recorder:
        """The recorder, for what happens now: where no session runs, one begins with it."""
        if self.is_asleep and not (self.recorder.is_paused or self.recorder.is_full):
            self._try_to_wake()
        return self.recorder

    def flush(self) -> None:
        """Hand what was recorded to the kernel; a save, a run or the end waits for the disk as well."""
        self.recorder.flush()
        if self.recorder.urgent:
            self.recorder.urgent = False
            self.files.spool.sync()
            begun, self.recorder.runs.begun = self.recorder.runs.begun, None
            if begun is not None:
                self._tracked_files.look_again(*begun)
        if self.recorder.releases:
            self.recorder.releases = False
            self._bell.ring()

    def pause(self) -> None:
        """Record nothing until `resume`."""
        if self.is_asleep:
            self.recorder.is_paused = True
        else:
            self.recorder.read_clock()
            self.recorder.pause()

    def resume(self) -> None:
        """Record again."""
        if self.is_asleep:
            self.recorder.flush()
            self.recorder.is_paused = False
        else:
            self.recorder.read_clock()
            self.tell_consent()
            self.recorder.resume()
            self._rollover.touch(self._clock.t())
            self.flush()

    def forget(self, since_ms: int, until_ms: int) -> None:
        """Take minutes back, in milliseconds since 1970. Raises OSError."""
        if self.is_asleep:
            return
        self.recorder.read_clock()
        self.flush()
        forget(self.home, self.files.spool, self.recorder, since_ms, until_ms)
        self.flush()
        self._tracked_files.forget()
        self._rollover.touch(self._clock.t())

    def tell_consent(self) -> None:
        """Have the session say the choice in force where it does not yet, ahead of any text behind it."""
        now, told = self.consent, self._consent_told
        if self.is_asleep or (now.level, now.use) == (told.level, told.use):
            return
        self._consent_told = now
        self.recorder.tell_consent(now)
        self._tracked_files.follow(now.level)

    def notice(self) -> None:
        """Once a second, first: whether anything was recorded since the last time."""
        self.recorder.read_clock()
        if not self.is_asleep:
            self._rollover.look(self._clock.t(), self.recorder.next)

    def hear_erasure(self) -> None:
        """Begin a new session where this one was erased. Raises UserError where that does not work."""
        # The collector erased it, and the sender its files.
        if self.files.spool.is_removed():
            self._sleep(previous=None)
            self.awake()

    def look_after(self) -> None:
        """Once a second: clock, manifest, room, the disk, the session's length. Raises UserError."""
        recorder, spool = self.recorder, self.files.spool
        if self.is_asleep:
            if recorder.is_full and not recorder.is_paused:
                self._try_to_wake()
            return
        now = self._clock.t()
        if not recorder.is_paused:
            self._watch_clock()
            if recorder.wants_manifest and self._tracked_files.again():
                recorder.wants_manifest = False
            self._tracked_files.tell(recorder, 0)
            if self._bound.look(spool.size) and not recorder.is_full:
                recorder.stop()
        self.flush()
        spool.drain()
        if recorder.is_full and not self._bound.is_exceeded and not spool.waiting:
            recorder.recover()
            self._rollover.touch(now)
        spool.sync()
        self._rollover.forgive(recorder.next)
        if spool.waiting or recorder.is_full:
            return
        due = self.due
        # The client's times run through: a session that they are told for cannot be cut in two.
        if not (due or recorder.is_paused or self._settings.clock == "client"):
            due = self._rollover.due(now, self.documents.await_edit)
        if due is not None:
            self._turn(due)

    def end(self, reason: EndReason) -> None:
        """Write the last line, bring everything to the disk, let go of the files."""
        if self.is_asleep and self.recorder.lost:
            self._try_to_wake()
        if self.is_asleep:
            self.files.remove()
        else:
            self._write_end(reason)
            self.files.let_go(keep_pid=self.recorder.is_full)

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
        facts = self._tracked_files.look(self.consent.level)
        clock = SessionClock(self._clocks)
        recorder = Recorder(self.documents, self.files.spool.append, self._blobs.keep, clock.t)
        recorder.begin(
            self._introduction.header(
                self.files.session, clock.started_at, facts, self.consent, self._previous
            )
        )
        recorder.flush()
        if recorder.next == 0:
            raise UserError(f"cannot record: {self.files.spool.trouble}; make room in {self.home.path}")
        lost = self.recorder.lost
        self.recorder, self._clock = recorder, clock
        self.is_asleep = False
        self._consent_told = self.consent
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

    def _sleep(self, previous: str | None) -> None:
        """Take the files of the next session, which begins later. Raises UserError."""
        self.files.let_go()
        ended, self.recorder = self.recorder, self._follower()
        self.recorder.is_paused = ended.is_paused
        self.recorder.is_full, self.recorder.lost = ended.is_full, ended.lost
        self._previous = previous
        self.due = None
        self.is_asleep = True
        self.files = self._take_files()

    def _write_end(self, reason: EndReason) -> None:
        recorder = self.recorder
        recorder.read_clock()
        self.tell_consent()
        if not (recorder.is_paused or self._tracked_files.tell(recorder, _MANIFEST_SECONDS_MAX_AT_END)):
            recorder.gap("not_emitted", "the session ended before its tracked files were read")
        recorder.end(reason)
        self.flush()

    def _turn(self, reason: EndReason) -> None:
        """End this session; the next one follows at once, or after a rest with what happens next.

        Raises UserError.
        """
        was_paused = self.recorder.is_paused
        self._write_end(reason)
        self.recorder.is_paused = was_paused
        if self.recorder.is_full:
            self.due = reason
            return
        if self.files.spool.waiting:
            # The disk filled up just now: the session ends once its `end` can be written.
            self.files.spool.withdraw()
            self.recorder.take_back(1)
            self.due = reason
            return
        self._sleep(previous=self.files.session)
        if reason != "idle":
            self.awake()

    def _watch_clock(self) -> None:
        if self._settings.clock == "recorder" and (utc := self._clock.jumped()) is not None:
            self.recorder.event(Clock, utc=utc)
