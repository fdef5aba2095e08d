"""`workspace/didChangeWatchedFiles`: a client's watches, for where the system has none that serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer

if TYPE_CHECKING:
    from lsp_server.senses.sense import HearFiles

_GLOBS = ("**/*", "**/.git/HEAD", "**/.git/logs/**")


class WatchedFiles:
    """Asks a client for its watches when somebody wants to hear of them."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._hear: HearFiles | None = None

    def begin(self, hear: HearFiles) -> bool:
        """Hear of the workspace's files from now on; False where this client watches none for a server."""
        workspace = self._server.client_capabilities.workspace
        watches = workspace.did_change_watched_files if workspace is not None else None
        if watches is None or not watches.dynamic_registration:
            return False
        self._hear = hear
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(it) for it in _GLOBS]
        )
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        self._server.client_register_capability(
            types.RegistrationParams([types.Registration("pairlog-files", method, options)])
        )
        return True

    def heard(self, params: types.DidChangeWatchedFilesParams) -> None:
        """The client saw files change."""
        if self._hear is not None:
            self._hear([(it.uri, it.type is types.FileChangeType.Created) for it in params.changes])
