"""The life of a recording: its files, its header, what is done each second, its end.

One `Recording` lasts as long as the client; the sessions that it writes follow one another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from lsp_server import control, state
from lsp_server.blob_store import BlobStore
from lsp_server.clock import SessionClock
from lsp_server.consented import permission
from lsp_server.documents import Documents
from lsp_server.layout import Route, SessionFiles
from lsp_server.locks import FileLock, acquire
from lsp_server.paths import Folder
from lsp_server.recorder import EndReason, Recorder
from lsp_server.settings import Settings
from lsp_server.spawn import sender_runs, start_sender
from lsp_server.spool import Spool
from lsp_server.start_facts import StartFacts
from pairlog import WIRE, __version__
from pairlog.consent import Consented
from pairlog.errors import UserError
from pairlog.events import Clock, Consent, PositionEncoding, Session, Workspace
from pairlog.home import open_home
from pairlog.ids import keyed, new_session

_FACTS_SECONDS_MAX = 2.0
#: A small repository's manifest becomes the second line; a large one follows while keys are recorded.
_MANIFEST_SECONDS_MAX = 0.25
#: Clients give a server two seconds to leave.
_MANIFEST_SECONDS_MAX_AT_END = 1.0
_SENDER_CHECK_TICKS = 5


class Client(NamedTuple):
    """Who is recorded: the editor's name and version, and how it counts columns."""

    name: str
    version: str
    encoding: PositionEncoding


class Files(NamedTuple):
    """What a session holds open."""

    paths: SessionFiles
    lock: FileLock
    spool: Spool
    state: state.RecorderStateFile
    orders: control.Orders


class Recording:
    """What is written about one folder while a client is there."""

    def __init__(
        self,
        settings: Settings,
        root: Path,
        consent: Consented,
        client: Client,
        report: Callable[[state.State, str, str | None], None],
        tell: Callable[[str], None],
    ) -> None:
        """Begin the first session.

        `report` hears each new state with its detail and session, `tell` what a person must see. Raises
        UserError where the home cannot be used.
        """
        self._settings = settings
        self._root = root
        self._consent = consent
        self._client = client
        self._report = report
        self._tell = tell
        self._home = open_home(settings.home.path)
        self._blobs = BlobStore(self._home.blobs)
        self._documents = Documents(Folder(root), client.encoding)
        self._sender: Popen[bytes] | None = None
        self._sender_file = self._home.path / "status.json"
        self._sender_seen: tuple[str, int] | None = None
        self._sender_said: state.Delivered | None = None
        self._ticks = 0
        self._reported: tuple[state.State, str, str] | None = None
        self._was_full = False
        self._consent_seen = self._consent_stamp()
        self.is_over = False
        self._begin(previous=None)

    # -- called by the server ---------------------------------------------------------------------------

    def flush(self) -> None:
        """Hand what was recorded to the kernel; a save, a run or the end waits for the disk as well."""
        self.recorder.flush()
        if self.recorder.urgent:
            self.recorder.urgent = False
            self._files.spool.sync()

    def tick(self) -> None:
        """What is due once a second."""
        if self.is_over:
            return
        self._ticks += 1
        self.recorder.read_clock()
        if not (self._hear_consent() and self._hear_erasure() and self._obey_orders()):
            return
        if self._settings.clock == "recorder":
            utc = self._clock.jumped()
            if utc is not None:
                self.recorder.event(Clock, utc=utc)
        self._take_manifest(0)
        self.flush()
        if self.recorder.is_full:
            self.recorder.recover()
        self._files.spool.sync()
        if self._ticks % _SENDER_CHECK_TICKS == 0 or (self._sender and self._sender.poll() is not None):
            self._keep_sender()
        self._show()

    def end(self, reason: EndReason) -> None:
        """Write the last line, bring everything to the disk, let go of the files."""
        if self.is_over:
            return
        self.is_over = True
        self.recorder.read_clock()
        if self.recorder.is_full:
            self.recorder.recover()
        if not self._take_manifest(_MANIFEST_SECONDS_MAX_AT_END):
            self.recorder.gap("not_emitted", "the session ended before its tracked files were read")
        self.recorder.end(reason)
        self.flush()
        self._let_go(keep_pid=self.recorder.is_full)
        # One that died since the last look would be missed by nobody until the next recorder starts.
        self._keep_sender()

    # -- the session's files ------------------------------------------------------------------------------

    def _begin(self, previous: str | None) -> None:
        """Write the header, and the manifest where it is there already; `previous` is what it continues."""
        self._files = self._take_files()
        self._facts: StartFacts | None = self._gather()
        facts = self._facts.wait_for_facts(_FACTS_SECONDS_MAX)
        self._clock = SessionClock()
        self.recorder = Recorder(self._documents, self._files.spool.append, self._blobs.keep, self._clock.t)
        self.recorder.begin(
            Session(
                seq=0,
                t=0,
                wire=WIRE,
                session=self._files.paths.session,
                started_at=self._clock.started_at,
                editor={"name": self._client.name, "version": self._client.version},
                recorder={"name": "pairlog", "version": __version__},
                position_encoding=self._client.encoding,
                clock=self._settings.clock,
                workspace=keyed(self._home.key(), str(self._root)),
                project=facts.project,
                remote=facts.remote,
                head=facts.head,
                branch=facts.branch,
                previous=previous,
                consent="workspace" if self._consent.level == "workspace" else "content",
                use=self._consent.use,
                policy=self._consent.policy,
            )
        )
        self._take_manifest(_MANIFEST_SECONDS_MAX)
        self.flush()
        if self.recorder.next == 0:
            self._let_go(keep_pid=False)
            self._files.paths.remove()
            raise UserError(f"cannot record: {self._files.spool.trouble}; make room in {self._home.path}")
        self._keep_sender()
        self._show()

    def _take_files(self) -> Files:
        session = new_session()
        paths = SessionFiles(self._home, session)
        try:
            # The sender throws blobs away only under this lock, and only where no recorder is registered.
            registry = acquire(self._home.path / "blobs.lock", wait=True)
            assert registry is not None
            lock = acquire(paths.pid)
            registry.release()
            assert lock is not None
            lock.write(f"{os.getpid()}\n")
            paths.write_route(Route(self._settings.collector, self._settings.token))
            spool = Spool(paths.spool)
        except OSError as error:
            raise UserError(
                f"cannot record into {self._home.path}: {error.strerror}; "
                "make room there or set PAIRLOG_HOME to another folder"
            ) from None
        return Files(paths, lock, spool, state.RecorderStateFile(paths.state), control.Orders(paths.control))

    def _let_go(self, keep_pid: bool) -> None:
        """Close the files. A dead recorder's pid file is what makes the sender close its session."""
        self._files.spool.close()
        self._files.state.close()
        self._files.paths.state.unlink(missing_ok=True)
        self._files.lock.release(remove=not keep_pid)
        if self._sender is not None:
            self._sender.poll()

    def _begin_again(self, previous: str | None) -> bool:
        """Go on in a new session, with the documents as they stand; False where that did not work."""
        self._let_go(keep_pid=False)
        try:
            self._begin(previous)
        except UserError as error:
            self.is_over = True
            self._report("off", str(error), None)
            self._tell(f"Pairlog records no more: {error}")
            return False
        self.recorder.rebase(why="resumed")
        self.flush()
        return True

    # -- what is due ----------------------------------------------------------------------------------------

    def _gather(self) -> StartFacts:
        wanted = self._consent.level == "workspace"
        return StartFacts(self._root, self._blobs if wanted else None)

    def _take_manifest(self, seconds: float) -> bool:
        """Write the manifest down where it is complete; False where it is still being gathered."""
        facts = self._facts
        if facts is None:
            return True
        if not facts.wait_for_manifest(seconds):
            return False
        self._facts = None
        if facts.trouble is not None:
            self.recorder.gap("not_emitted", facts.trouble)
        taken = facts.manifest
        if taken is not None:
            self.recorder.event(
                Workspace,
                manifest=taken.blob,
                files=taken.files,
                omitted=taken.omitted or None,
                head=facts.facts.head,
                dirty=taken.dirty,
            )
        return True

    def _hear_erasure(self) -> bool:
        """Begin a new session where this one was erased; False where that did not work."""
        # The collector erased it, and the sender its files.
        return not self._files.spool.is_removed() or self._begin_again(previous=None)

    def _obey_orders(self) -> bool:
        """Carry out what the sender asks for; False where that ended the recording."""
        for order in self._files.orders.take():
            if order.get("order") == control.REBASE:
                self.recorder.rebase(order.get("docs"))
            elif order.get("order") == control.NEW_SESSION:
                self.recorder.end("interrupted")
                self.flush()
                return self._begin_again(previous=self._files.paths.session)
        return True

    def _hear_consent(self) -> bool:
        """Obey a choice made with `pairlog consent` while this recording runs; False where it ended it."""
        stamp = self._consent_stamp()
        if stamp == self._consent_seen:
            return True
        self._consent_seen = stamp
        now = permission(self._settings, self._root)
        if now.consent is None:
            self.end("consent")
            self._report("off", now.why, None)
            if now.is_fault:
                self._tell(now.why)
            return False
        if (now.consent.level, now.consent.use) == (self._consent.level, self._consent.use):
            return True
        raised = now.consent.level == "workspace" != self._consent.level
        self._consent = now.consent
        self.recorder.event(Consent, level=now.consent.level, use=now.consent.use, policy=now.consent.policy)
        if raised:
            self._facts = self._gather()
        return True

    def _consent_stamp(self) -> int:
        try:
            return self._home.consent.stat().st_mtime_ns
        except OSError:
            return 0

    def _keep_sender(self) -> None:
        """See to it that a sender is at work, where there is somebody to send to."""
        if self._settings.collector is None:
            return
        if self._sender is not None and self._sender.poll() is None:
            return
        self._sender = None
        try:
            if not sender_runs(self._home):
                self._sender = start_sender(self._home)
        except OSError as error:
            print(f"pairlog: cannot start the sender: {error}", file=sys.stderr)

    # -- what is said ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Tell the client and `pairlog status` how the recording does, where that changed."""
        word, detail = self._standing()
        said = (word, detail, self._files.paths.session)
        if said == self._reported:
            return
        self._reported = said
        if self.recorder.is_full != self._was_full:
            self._was_full = self.recorder.is_full
            self._tell(f"Pairlog: {detail}" if self._was_full else "Pairlog records again.")
        self._report(word, detail, self._files.paths.session)
        self._files.state.write(state.RecorderState(word, detail, str(self._root), self._consent.level))

    def _standing(self) -> tuple[state.State, str]:
        if self.recorder.is_full:
            why = self._files.spool.trouble or "a file could not be written"
            return "paused", f"recording is paused: {why}; make room in {self._home.path}"
        if self._settings.collector is None:
            return "offline", f"no collector is set; lines wait in {self._home.path}"
        delivered = self._delivered()
        if delivered is not None and delivered.state != "sending":
            return "offline", delivered.detail
        return "recording", ""

    def _delivered(self) -> state.Delivered | None:
        """What the sender says of this session; its file is read where it changed."""
        try:
            stamp = (self._files.paths.session, self._sender_file.stat().st_mtime_ns)
        except OSError:
            return None
        if stamp != self._sender_seen:
            self._sender_seen = stamp
            self._sender_said = state.read_sender(self._sender_file).sessions.get(stamp[0])
        return self._sender_said
