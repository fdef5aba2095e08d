"""The language server: pygls for the handshake and everything slow, the inbox for what is hot.

It offers no language feature. It asks for the whole text at every save, because the hash of a save is over
what the editor saved, and for the renames of files.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path

from lsp_server.consented import permission
from lsp_server.inbox import Inbox
from lsp_server.session import Client, Recording
from lsp_server.settings import resolve
from lsp_server.state import State
from lsp_server.stdio import read_all
from pairlog import __version__
from pairlog.errors import UserError
from pairlog.events import PositionEncoding

_TICK_SECONDS = 1.0
_ENCODINGS: dict[str, PositionEncoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


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


class PairlogServer(LanguageServer):
    """One client, one workspace folder, one recording."""

    def __init__(self) -> None:
        super().__init__("pairlog", __version__, protocol_cls=_Protocol)
        self.recording: Recording | None = None
        #: Set by `initialize`, begun by `initialized`.
        self.prepared: Recording | None = None
        #: What to tell once the client is ready to listen.
        self.refusal: tuple[str, bool] = ("no client yet", False)
        self._inbox = Inbox(self._through_pygls, self._report_failure)

    def start_io(self, stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> None:
        """Serve on standard input and output until the client leaves."""
        self.protocol.set_writer(StdoutWriter(stdout or sys.stdout.buffer))
        try:
            asyncio.run(self._serve((stdin or sys.stdin.buffer).fileno()))
        except (BrokenPipeError, KeyboardInterrupt, asyncio.CancelledError, SystemExit):
            # The client has gone, or somebody ended us; `exit` of the protocol comes as SystemExit too.
            pass
        finally:
            self.end_recording("interrupted")

    def take(self, recording: Recording | None) -> None:
        """From here on the hot notifications go to this recording."""
        self.recording = recording
        self._inbox.recording = recording

    def end_recording(self, reason: Any) -> None:
        """End the recording, where there is one."""
        for recording in (self.recording, self.prepared):
            if recording is not None:
                recording.end(reason)
        self.prepared = None
        self.take(None)

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
        if self.recording is not None:
            self.recording.tick()
            if self.recording.is_over:
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
    server.feature(types.SHUTDOWN)(_shutdown)
    return server


def _initialize(ls: PairlogServer, params: types.InitializeParams) -> None:
    root = _root(params)
    client = params.client_info
    encoding = _ENCODINGS[types.PositionEncodingKind(ls.workspace.position_encoding).value]
    try:
        settings = resolve(params.initialization_options)
        allowed = permission(settings, root)
        ls.refusal = (allowed.why, allowed.is_fault)
        if allowed.consent is None or root is None:
            return
        who = Client(client.name if client else "unknown", (client and client.version) or "", encoding)
        ls.prepared = Recording(settings, root, allowed.consent, who, ls.report, ls.tell)
    except UserError as error:
        ls.refusal = (str(error), True)


def _initialized(ls: PairlogServer, _params: types.InitializedParams) -> None:
    if ls.prepared is not None:
        recording, ls.prepared = ls.prepared, None
        recording.begin()
        ls.take(recording)
        return
    why, is_fault = ls.refusal
    ls.report("off", why, None)
    if is_fault:
        ls.tell(f"Pairlog records nothing: {why}")


def _did_open(ls: PairlogServer, params: types.DidOpenTextDocumentParams) -> None:
    if ls.recording is not None:
        document = params.text_document
        language = str(getattr(document.language_id, "value", document.language_id))
        ls.recording.recorder.did_open(document.uri, language, document.version, document.text)


def _did_save(ls: PairlogServer, params: types.DidSaveTextDocumentParams) -> None:
    if ls.recording is not None:
        uri = params.text_document.uri
        ls.recording.recorder.did_save(uri, params.text, lambda: _bytes_on_disk(uri))


def _did_close(ls: PairlogServer, params: types.DidCloseTextDocumentParams) -> None:
    if ls.recording is not None:
        ls.recording.recorder.did_close(params.text_document.uri)


def _did_rename(ls: PairlogServer, params: types.RenameFilesParams) -> None:
    if ls.recording is not None:
        for file in params.files:
            ls.recording.recorder.did_rename(file.old_uri, file.new_uri)


def _shutdown(ls: PairlogServer, _params: None) -> None:
    ls.end_recording("shutdown")


def _root(params: types.InitializeParams) -> Path | None:
    """The first workspace folder: a session is about one."""
    uri = params.workspace_folders[0].uri if params.workspace_folders else params.root_uri
    path = to_fs_path(uri) if uri else params.root_path
    return Path(path) if path else None


def _bytes_on_disk(uri: str) -> bytes | None:
    path = to_fs_path(uri)
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None
