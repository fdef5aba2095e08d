"""What a client asks a recorder through `workspace/executeCommand`, besides pause and resume."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lsprotocol import types

from lsp_server.home.settings import resolve
from lsp_server.orders import ask
from lsp_server.orders.overview import overview
from lsp_server.recording.start import root_of
from pairlog.consent import parse, store, stored
from pairlog.duration import seconds_of
from pairlog.errors import UserError
from pairlog.home import open_home


def status(client: types.InitializeParams) -> dict[str, Any]:
    """The value of `pairlog status --json`. Raises UserError."""
    return overview(resolve(client.initialization_options).home).as_json()


def forget(client: types.InitializeParams, last: object = None) -> dict[str, Any]:
    """Have the `last` minutes of the client's folder taken back; obeyed here at once. Raises UserError."""
    root = root_of(client)
    if root is None or not isinstance(last, str):
        raise UserError("say how far back, in a folder that is recorded: 90s, 10m, 2h or 1d")
    until_ms = int(time.time() * 1000)
    since_ms = until_ms - seconds_of(last) * 1000
    home = resolve(client.initialization_options).home
    _, left = ask.order_to_forget(home, root, since_ms, until_ms)
    return {"since": since_ms, "until": until_ms, "left_to_sender": left}


def consent(client: types.InitializeParams, level: object = None, use: object = None) -> dict[str, Any]:
    """Store a choice for the client's folder, or without one look; the value of `pairlog consent --json`.

    Raises UserError.
    """
    root = root_of(client)
    if root is None:
        raise UserError("no folder is open; consent is given per folder")
    home = resolve(client.initialization_options).home
    if level is None:
        choice = stored(home, root)
    else:
        choice = parse(level, use)
        store(open_home(home.path), root, choice)
        ask.lower_consent(home, root, choice.level)
    told = (choice.level, choice.use) if choice else (None, None)
    return {"path": str(root.resolve()), "level": told[0], "use": told[1]}


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {"status": status, "consent": consent, "forget": forget}
