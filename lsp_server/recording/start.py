"""From a client's `initialize` to a recording, or to the reason why there is none.

Imported once the client has its answer: what recording needs is a third of the time that a start takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from lsp_server.home.settings import resolve
from lsp_server.home.state import State
from lsp_server.recording.consented import permission
from lsp_server.recording.introduction import Client
from lsp_server.recording.recording import Recording
from pairlog.errors import UserError
from pairlog.events import PositionEncoding

_ENCODINGS: dict[str, PositionEncoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


@dataclass(frozen=True)
class Refusal:
    """Why nothing is recorded; `is_fault` where a person must be told."""

    why: str
    is_fault: bool


def start(
    params: types.InitializeParams,
    encoding: str,
    report: Callable[[State, str, str | None], None],
    tell: Callable[[str], None],
) -> Recording | Refusal:
    """Begin the recording that this client may have; `encoding` is the position encoding agreed on."""
    try:
        root = root_of(params)
        settings = resolve(params.initialization_options)
        allowed = permission(settings, root)
        if allowed.consent is None or root is None:
            return Refusal(allowed.why, allowed.is_fault)
        told = params.client_info
        client = Client(told.name if told else "unknown", (told and told.version) or "", _ENCODINGS[encoding])
        return Recording(settings, root, allowed.consent, client, report, tell)
    except UserError as error:
        return Refusal(str(error), True)
    except OSError as error:
        return Refusal(
            f"{error.filename or 'a file'}: {error.strerror}; set PAIRLOG_HOME to another folder", True
        )


def root_of(params: types.InitializeParams) -> Path | None:
    """A client's first workspace folder: a session is about one."""
    uri = params.workspace_folders[0].uri if params.workspace_folders else params.root_uri
    path = to_fs_path(uri) if uri else params.root_path
    return Path(path) if path else None
