"""The life of a recording: what it obeys, what is done each second, its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lsp_server.home import control
from lsp_server.home.settings import Settings
from lsp_server.recording.clock import Clocks
from lsp_server.recording.consented import ConsentWatch
from lsp_server.recording.introduction import Client
from lsp_server.recording.keeper import SenderKeeper
from lsp_server.recording.recorder import EndReason, Recorder
from lsp_server.recording.sessions import Sessions
from lsp_server.recording.standing import Condition, Report, Standing, joined
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.paths import Folder
from pairlog.consent import Choice, Consented, is_lower
from pairlog.denied import DenyList
from pairlog.errors import UserError


def _nothing() -> None:
    pass


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
        self._report = report
        self._tell = tell
        self._clocks = clocks or Clocks()
        self.encoding = client.encoding
        #: Which files may be told, whatever git says of them.
        self.rules = DenyList(settings.include, settings.exclude)
        self._choices = ConsentWatch(settings, root)
        gate = Gate(Folder(root), self.rules)
        self._sessions = Sessions(settings, root, gate, consent, client, self._clocks)
        self.home = self._sessions.home
        self.documents = self._sessions.documents
        self._standing = Standing(self.home, root, report, tell)
        self._sender = SenderKeeper(self.home, settings.collector is not None)
        self.is_over = False
        #: What else a person should know while all goes well; the second is the senses'.
        self.remark = self.remark_of_senses = ""
        self.agents_port = settings.agents_port
        #: Called before minutes are taken back.
        self.when_forgetting: Callable[[], None] = _nothing
        self._told_from_ms = self._now_ms()
        self._forgot_until = 0
        self._sender.keep()
        self._show()

    # -- called by the server ---------------------------------------------------------------------------

    @property
    def level(self) -> Choice:
        """The level of consent that holds now."""
        return self._sessions.consent.level

    @property
    def told_from_ms(self) -> int:
        """What happened before may not be told any more, in milliseconds since 1970."""
        return max(self._told_from_ms, self._forgot_until)

    @property
    def recorder(self) -> Recorder:
        """The recorder at work; between two sessions one that follows the documents and writes nothing."""
        return self._sessions.recorder

    def awake(self) -> Recorder:
        """The recorder, for what happens now: where no session runs, one begins with it."""
        return self._sessions.awake()

    def perceive(self, act: Callable[[Recorder], None]) -> None:
        """Record what happens now beside the client; `act` is done to the recorder at work."""
        if self.is_over:
            return
        self.recorder.read_clock()
        act(self.awake())
        self.flush()

    def flush(self) -> None:
        """Hand what was recorded to the kernel; a save, a run or the end waits for the disk as well."""
        self._sessions.flush()

    def pause(self) -> None:
        """Record nothing until `resume`."""
        if not self.recorder.is_paused:
            self._sessions.pause()
            self._show()

    def resume(self) -> None:
        """Record again."""
        if self.recorder.is_paused:
            self._told_from_ms = self._now_ms()
            self._sessions.resume()
            self._show()

    def forget(self, since_ms: int, until_ms: int) -> None:
        """Take back what was recorded in this time, in milliseconds since 1970."""
        self.when_forgetting()
        try:
            self._sessions.forget(since_ms, until_ms)
        except OSError as error:
            self._tell(
                f"Pairlog cannot take back what it recorded: {error.strerror}; make room and say it again"
            )
            return
        self._forgot_until = max(self._forgot_until, until_ms)
        self._show()

    def choose(self, choice: Consented) -> None:
        """The client's own choice is another one from now on, obeyed with the next `tick`."""
        self._choices.choose(replace(self._settings, consent=choice))

    def tick(self) -> None:
        """What is due once a second."""
        if self.is_over:
            return
        self._sessions.notice()
        if not self._hear_consent():
            return
        try:
            self._sessions.hear_erasure()
            self._obey_orders()
            self._sessions.look_after()
        except UserError as error:
            self.is_over = True
            self._report("off", str(error), None)
            self._tell(f"Pairlog records no more: {error}")
            return
        self._sender.tick()
        self._show()

    def end(self, reason: EndReason) -> None:
        """Write the last line, bring everything to the disk, let go of the files."""
        if self.is_over:
            return
        self.is_over = True
        self._sessions.end(reason)
        # One that died since the last look would be missed by nobody until the next recorder starts.
        self._sender.keep()

    # -- what is due ----------------------------------------------------------------------------------------

    def _obey_orders(self) -> None:
        """Carry out what a person or the sender asks for."""
        sessions = self._sessions
        for order in sessions.files.orders.take():
            what = order.get("order")
            if what == control.PAUSE:
                self.pause()
            elif what == control.RESUME:
                self.resume()
            elif what == control.FORGET:
                self.forget(int(order["since"]), int(order["until"]))
            elif sessions.is_asleep:
                continue
            elif what == control.REBASE:
                sessions.recorder.rebase(order.get("docs"))
            elif what == control.NEW_SESSION:
                sessions.due = "interrupted"

    def _hear_consent(self) -> bool:
        """Obey a choice made with `pairlog consent` while this recording runs; False where it ended it."""
        sessions, now = self._sessions, self._choices.heard()
        if now is None:
            return True
        if now.consent is None:
            sessions.consent = now.refusal or replace(sessions.consent, level="off")
            sessions.tell_consent()
            self.end("consent")
            self._report("off", now.why, None)
            if now.is_fault:
                self._tell(now.why)
            return False
        if is_lower(now.consent.level, sessions.consent.level):
            # What waits of this session is taken back, so it ends here.
            sessions.due = "consent"
        sessions.consent = now.consent
        self._told_from_ms = self._now_ms()
        if not self.recorder.is_paused:
            sessions.tell_consent()
        return True

    def _now_ms(self) -> int:
        return self._clocks.time_ns() // 1_000_000

    def _show(self) -> None:
        sessions = self._sessions
        condition = Condition(
            self.level,
            sessions.trouble,
            sessions.keeps,
            self.recorder.is_paused,
            sessions.is_asleep,
            self._settings.collector is not None,
            self._forgot_until,
            joined(self.remark, self.remark_of_senses),
        )
        self._standing.show(sessions.files, condition)
