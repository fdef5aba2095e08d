"""Where recorders listen on this machine for what test runners tell: files in the home, beside their sockets.

`PAIRLOG_HOME/listening/NAME.json` says which folder a recorder records, and how to reach it: a Unix socket
beside the file, or a port of the loopback address where the system has none. Nobody but the home's owner can
read the file, and who does not know its `key` is not listened to.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

FOLDER = "listening"
#: A recorder that does not answer so soon is not there: a test run does not wait.
_CONNECT_SECONDS_MAX = 0.2


class Listener(NamedTuple):
    """A recorder that listens. `address`: the path of a Unix socket, or a port of 127.0.0.1."""

    workspace: str
    address: str | int
    key: str


def near(home: Path, folders: Iterable[str]) -> list[Listener]:
    """The recorders of the innermost recorded folder that holds one of these; most often there is none."""
    try:
        names = [entry.path for entry in os.scandir(home / FOLDER) if entry.name.endswith(".json")]
    except OSError:
        return []
    real = {os.path.realpath(folder) for folder in folders}
    found = [listener for name in names if (listener := _read(name)) and _holds(listener.workspace, real)]
    innermost = max((len(listener.workspace) for listener in found), default=0)
    return [listener for listener in found if len(listener.workspace) == innermost]


def connect(listener: Listener) -> socket.socket | None:
    """A connection that never blocks; None where nobody is there any more."""
    address = listener.address
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(_CONNECT_SECONDS_MAX)
        connection.connect(address if isinstance(address, str) else ("127.0.0.1", address))
        connection.setblocking(False)
    except OSError:
        connection.close()
        return None
    return connection


def write(file: Path, listener: Listener) -> None:
    """Say that somebody listens, whole or not at all. Raises OSError."""
    fresh = file.with_suffix(".fresh")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(listener._asdict(), stream)
    fresh.replace(file)


def _read(name: str) -> Listener | None:
    try:
        with Path(name).open(encoding="utf-8") as stream:
            told = json.load(stream)
        workspace, address, key = told["workspace"], told["address"], told["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (isinstance(workspace, str) and isinstance(address, (str, int)) and isinstance(key, str)):
        return None
    return Listener(workspace, address, key)


def _holds(workspace: str, folders: set[str]) -> bool:
    inside = workspace.rstrip(os.sep) + os.sep
    return any(folder == workspace or folder.startswith(inside) for folder in folders)
