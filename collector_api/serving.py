"""The server process: it binds, says where, answers until it is told to stop, and leaves the store whole."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from collector_api.app import create_app
from collector_api.browser import Browser
from collector_api.lock import StoreLock
from collector_api.store import Store
from collector_api.tokens import OPERATOR
from collector_api.upkeep import Upkeep
from pairlog.errors import UserError

#: How long requests may still run after the signal to stop.
_GRACE_S = 1
_BACKLOG = 1024


def serve(file: Path, host: str, port: int, retention_days: float | None = None) -> None:
    """Serve the store in `file` until SIGTERM or SIGINT. Raises UserError where that cannot begin.

    Sessions are erased `retention_days` after their end, where that is set.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = StoreLock(file.with_name(f"{file.name}.lock"))
    try:
        listener = _listen(host, port)
        try:
            store = Store(file)
            try:
                with Upkeep(store, retention_days):
                    _run(store, listener)
            finally:
                store.close()
        finally:
            listener.close()
    finally:
        lock.release()


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, accepting: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._accepting = accepting
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._accepting()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)


def _run(store: Store, listener: socket.socket) -> None:
    browser = Browser()
    address = _address(listener)
    key = browser.one_time_key(OPERATOR)

    def accepting() -> None:
        print(address)
        print(f"Open once in your browser: {address}/enter?key={key}", flush=True)

    config = uvicorn.Config(
        create_app(store, browser),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    # The server raises the signal that stopped it once more when it is done; by then all is well.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # Who watches would keep the server waiting.
    _Server(config, accepting, store.bell.close).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Named, because asyncio sends small answers at once (TCP_NODELAY) only where it sees TCP: 40 ms each.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"cannot listen on {host}:{port}: {reason}; choose another with --port (0: any free one)"
        ) from None
    if not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback:
        print(
            f"pairlog: {host} can be reached from other machines, and without TLS everybody in between can "
            "read along; put a reverse proxy with TLS in front",
            file=sys.stderr,
        )
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ip_address(host.partition("%")[0]).is_unspecified:
        # Listening everywhere is no address to open; this machine's own is among them.
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
