"""The recorder's door for test runners: a socket in the home, and the file that says where it is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from lsp_server.home.locks import FileLock, acquire
from pairlog.home import Home
from pairlog.listening import FOLDER, Listener, write

_CONNECTIONS_MAX = 64


class Door:
    """Open from `open` to `close`. A door whose recorder died is taken away by the next one that opens."""

    def __init__(self, home: Home, root: Path, protocol: Callable[[str], asyncio.Protocol]) -> None:
        """`protocol` makes what hears a connection, given the key that it must name."""
        self._folder = home.path / FOLDER
        self._name = secrets.token_hex(8)
        self._key = secrets.token_hex(16)
        self._root = root
        self._protocol = protocol
        self._lock: FileLock | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen, and say so. Raises OSError or UserError where that does not work."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._sweep()
        self._lock = acquire(self._file("lock"))
        listening, address = self._socket()
        make = asyncio.get_running_loop()
        serve = make.create_unix_server if isinstance(address, str) else make.create_server
        self._server = await serve(
            lambda: self._protocol(self._key), sock=listening, backlog=_CONNECTIONS_MAX
        )
        write(self._file("json"), Listener(os.path.realpath(self._root), address, self._key))

    def close(self) -> None:
        """Nobody is heard any more."""
        if self._server is not None:
            self._server.close()
        for ending in ("json", "sock"):
            self._file(ending).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release(remove=True)
            self._lock = None

    def _socket(self) -> tuple[socket.socket, str | int]:
        path = str(self._file("sock"))
        with contextlib.suppress(AttributeError, OSError):
            # Without Unix sockets, or where the path is too long for one, a port of this machine does.
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                listening.bind(path)
                return listening, path
            except OSError:
                listening.close()
                raise
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        return listening, listening.getsockname()[1]

    def _sweep(self) -> None:
        for file in self._folder.glob("*.lock"):
            lock = acquire(file)
            if lock is not None:
                for ending in ("json", "sock"):
                    file.with_suffix(f".{ending}").unlink(missing_ok=True)
                lock.release(remove=True)

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self._name}.{ending}"
