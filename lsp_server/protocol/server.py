"""The language server: pygls for the handshake and everything slow, the inbox for what is hot.

It offers no language feature but completions, where the user wants them. It asks for the whole text at every
save, because the hash of a save is over what the editor saved, and for the renames of files.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path

from lsp_server.protocol.completing import Completing
from lsp_server.protocol.framer import FramingError
from lsp_server.protocol.inbox import Inbox
from lsp_server.protocol.stdio import read_all
from lsp_server.protocol.watched_files import WatchedFiles
from pairlog import __version__
from pairlog.errors import UserError

if TYPE_CHECKING:
    from lsp_server.home.state import State
    from lsp_server.recording.recorder import EndReason
    from lsp_server.recording.recording import Recording
    from lsp_server.senses.sense import Sense
    from lsp_server.senses.senses import Senses

#: Orders are obeyed within a second.
_TICK_SECONDS = 0.9


class _Protocol(LanguageServerProtocol):
    """pygls' protocol without its own copy of every document, which the recorder has no use for."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        for method in (
            types.TEXT_DOCUMENT_DID_OPEN,
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.TEXT_DOCUMENT_DID_CLOSE,
        ):
            del self.fm.builtin_features[method]

    def _handle_cancel_notification(self, msg_id: str | int) -> None:
        server = self._server
        assert isinstance(server, PairlogServer)
        server.completing.cancel(msg_id)
        super()._handle_cancel_notification(msg_id)


class PairlogServer(LanguageServer):
    """One client, one workspace folder, one recording."""

    def __init__(self) -> None:
        super().__init__("pairlog", __version__, protocol_cls=_Protocol)
        self.recording: Recording | None = None
        #: What it said in `initialize`.
        self.client: types.InitializeParams | None = None
        self._senses: Senses | None = None
        self.watched_files = WatchedFiles(self)
        self.completing = Completing(self)
        self._inbox = Inbox(self._through_pygls, self._report_failure)

    def start_io(self, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> None:
        """Serve on standard input and output until the client leaves."""
        self.protocol.set_writer(StdoutWriter(stdout or sys.stdout.buffer))
        try:
            asyncio.run(self._serve((stdin or sys.stdin.buffer).fileno()))
        except (BrokenPipeError, KeyboardInterrupt, asyncio.CancelledError, SystemExit):
            # The client has gone, or somebody ended us; `exit` of the protocol comes as SystemExit too.
            pass
        except FramingError as error:
            print(f"pairlog: the client's messages are out of step ({error}); restart it", file=sys.stderr)
        finally:
            self.end_recording("interrupted")

    def take(self, recording: Recording | None) -> None:
        """From here on the hot notifications go to this recording, and what its senses perceive."""
        if self._senses is not None:
            self._senses.stop()
            self._senses = None
        self.recording = recording
        self._inbox.recording = recording
        self._inbox.offers = self.completing.begin() if recording is not None else None
        if recording is not None:
            from lsp_server.senses.doubles import Doubles
            from lsp_server.senses.outside import Outside
            from lsp_server.senses.pytest_runs import PytestRuns
            from lsp_server.senses.report_files import ReportFiles
            from lsp_server.senses.senses import Senses

            doubles = Doubles()
            senses: list[Sense] = [Outside(), PytestRuns(doubles), ReportFiles(doubles)]
            if recording.agents_port is not None:
                from lsp_server.senses.agents.hearing import AgentEvents

                senses.append(AgentEvents(recording.agents_port))
            loop = asyncio.get_running_loop()
            self._senses = Senses(recording, loop, senses, self.watched_files.begin)

    def end_recording(self, reason: EndReason) -> None:
        """End the recording, where there is one."""
        self.completing.end()
        recording = self.recording
        self.take(None)
        if recording is not None:
            recording.end(reason)

    def report(self, state: State, detail: str, session: str | None) -> None:
        """Say how it goes with `pairlog/status`."""
        self.protocol.notify("pairlog/status", {"state": state, "session": session, "detail": detail})

    def tell(self, message: str) -> None:
        """Show a message to the person at the editor."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    async def _serve(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        loop.call_later(_TICK_SECONDS, self._tick, loop)
        await read_all(descriptor, self._inbox.feed)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(_TICK_SECONDS, self._tick, loop)
        self.look_around()

    def look_around(self) -> None:
        """Do what is due: orders, a new choice of consent, the disk."""
        if self.recording is not None:
            self.completing.tick()
            self.recording.tick()
            if self.recording.is_over:
                self.completing.end()
                self.take(None)

    def _through_pygls(self, message: Any) -> None:
        self.protocol.handle_message(self.protocol.structure_message(message))

    def _report_failure(self, error: Exception) -> None:
        self.report_server_error(error, JsonRpcException)


def create_server() -> PairlogServer:
    """The server with all its handlers; plain functions, because coroutines would lose the order."""
    server = PairlogServer()
    files = types.FileOperationRegistrationOptions(
        [types.FileOperationFilter(types.FileOperationPattern("**/*"), scheme="file")]
    )
    server.feature(types.INITIALIZE)(_initialize)
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=True))(_did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_did_close)
    server.feature(types.WORKSPACE_DID_RENAME_FILES, files)(_did_rename)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_did_change_watched_files)
    server.feature(types.SHUTDOWN)(_shutdown)
    server.command("pairlog.pause")(_pause)
    server.command("pairlog.resume")(_resume)
    server.command("pairlog.status")(_status)
    server.command("pairlog.consent")(_consent)
    server.command("pairlog.forget")(_forget)
    server.command("pairlog.clientConsent")(_client_consent)
    return server


def _initialize(ls: PairlogServer, params: types.InitializeParams) -> None:
    ls.client = params
    ls.completing.initialize(params.initialization_options)


def _initialized(ls: PairlogServer, _params: types.InitializedParams) -> None:
    from lsp_server.recording.start import Refusal, start

    if ls.client is None:
        return
    encoding = types.PositionEncodingKind(ls.workspace.position_encoding).value
    started = start(ls.client, encoding, ls.report, ls.tell)
    if not isinstance(started, Refusal):
        ls.take(started)
        return
    ls.report("off", started.why, None)
    if started.is_fault:
        ls.tell(f"Pairlog records nothing: {started.why}")


def _did_open(ls: PairlogServer, params: types.DidOpenTextDocumentParams) -> None:
    if ls.recording is not None:
        document = params.text_document
        language = str(getattr(document.language_id, "value", document.language_id))
        ls.recording.awake().did_open(document.uri, language, document.version, document.text)


def _did_save(ls: PairlogServer, params: types.DidSaveTextDocumentParams) -> None:
    if ls.recording is not None:
        uri = params.text_document.uri
        ls.recording.awake().did_save(uri, params.text, lambda: _bytes_on_disk(uri))


def _did_close(ls: PairlogServer, params: types.DidCloseTextDocumentParams) -> None:
    if ls.recording is not None:
        ls.completing.close(params.text_document.uri)
        ls.recording.awake().did_close(params.text_document.uri)


def _did_rename(ls: PairlogServer, params: types.RenameFilesParams) -> None:
    if ls.recording is not None:
        for file in params.files:
            ls.recording.awake().did_rename(file.old_uri, file.new_uri)


def _did_change_watched_files(ls: PairlogServer, params: types.DidChangeWatchedFilesParams) -> None:
    ls.watched_files.heard(params)


def _pause(ls: PairlogServer, *_arguments: Any) -> None:
    if ls.recording is not None:
        ls.recording.pause()


def _resume(ls: PairlogServer, *_arguments: Any) -> None:
    if ls.recording is not None:
        ls.recording.resume()


def _status(ls: PairlogServer, *_arguments: Any) -> Any:
    return _answer(ls, "status")


def _consent(ls: PairlogServer, *arguments: Any) -> Any:
    told = _answer(ls, "consent", *arguments[:2])
    ls.look_around()
    return told


def _forget(ls: PairlogServer, *arguments: Any) -> Any:
    told = _answer(ls, "forget", *arguments[:1])
    ls.look_around()
    return told


def _answer(ls: PairlogServer, command: str, *arguments: Any) -> dict[str, Any]:
    """What a command answers; it is loaded when somebody first asks for one."""
    from lsp_server.orders.commands import COMMANDS

    assert ls.client is not None
    try:
        return COMMANDS[command](ls.client, *arguments)
    except UserError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def _client_consent(ls: PairlogServer, *arguments: Any) -> None:
    from pairlog.consent import parse

    try:
        choice = parse(*[*arguments, None][:3])
    except UserError as error:
        raise JsonRpcInvalidParams(str(error)) from None
    if ls.recording is not None:
        ls.recording.choose(choice)
        ls.look_around()


def _shutdown(ls: PairlogServer, _params: None) -> None:
    ls.end_recording("shutdown")


def _bytes_on_disk(uri: str) -> bytes | None:
    path = to_fs_path(uri)
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None
