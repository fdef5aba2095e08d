"""The server: it binds, says where, answers with one process or several until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from ipaddress import ip_address
from multiprocessing.connection import Connection as Parent
from typing import NoReturn

import uvicorn
from sqlalchemy import Connection

from collector_api import metrics
from collector_api.database.database import database_at
from collector_api.door import browser
from collector_api.limits import Limits, limits_of
from collector_api.rows.tokens import OPERATOR
from collector_api.server import logs
from collector_api.server.app import create_app
from collector_api.server.connections import ClientConnection
from collector_api.server.upkeep import Upkeep
from collector_api.server.workers import READY, supervise
from collector_api.store import Store
from pairlog.errors import UserError, visible

#: How long requests may still run after the signal to stop.
_GRACE_S = 1
_BACKLOG = 1024


def serve(
    address: str,
    host: str,
    port: int,
    workers: int,
    log: logs.Form = "text",
    retention_days: float | None = None,
) -> NoReturn:
    """Serve a database until SIGTERM or SIGINT and end the process. Raises UserError where that cannot begin.

    Sessions are erased `retention_days` after their last lines came, where that is set.
    """
    logs.set_up(log)
    limits = limits_of(os.environ)
    database = database_at(address)
    with database.claim(workers), closing(_listen(host, port)) as listener:
        if workers == 1:
            with closing(Store(database)) as store, Upkeep(store, retention_days):
                key = store.write(_operators_key).result()
                _run(store, limits, listener, lambda: _say(listener, key))
        else:
            engine = database.open_writing()
            with engine.begin() as connection:
                key = _operators_key(connection)
            engine.dispose()
            args = (address, listener, log, retention_days)
            with metrics.counting_together():
                supervise(workers, _work, args, lambda: _say(listener, key), metrics.ended)
    _leave()


def _work(
    address: str, listener: socket.socket, log: logs.Form, retention_days: float | None, parent: Parent
) -> NoReturn:
    """What a worker does, until its parent ends or asks it to."""
    logs.set_up(log)
    try:
        store = Store(database_at(address))
    except UserError as error:
        sys.exit(f"pairlog: {visible(str(error))}")
    with closing(store), Upkeep(store, retention_days):
        _run(store, limits_of(os.environ), listener, lambda: _say_ready(parent), parent)
    _leave()


def _leave() -> NoReturn:
    """End this process at once: a thread of a request that nobody waited for would keep it, and its port."""
    sys.stdout.flush()
    os._exit(0)


def _say_ready(parent: Parent) -> None:
    # A parent that died meanwhile is noticed by who waits for its end.
    with suppress(BrokenPipeError):
        parent.send(READY)


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


def _run(
    store: Store,
    limits: Limits,
    listener: socket.socket,
    accepting: Callable[[], None],
    parent: Parent | None = None,
) -> None:
    app = create_app(store, limits)

    class Connection(ClientConnection):
        metrics = app.state.metrics

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        http=Connection,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    # The server raises the signal that stopped it once more when it is done; by then all is well.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    # Who watches would keep the server waiting.
    server = _Server(config, accepting, store.bell.close)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent, server), daemon=True).start()
    server.run([listener])


def _end_with(parent: Parent, server: uvicorn.Server) -> None:
    parent.poll(None)
    server.should_exit = True


def _operators_key(connection: Connection) -> str | None:
    """A one-time key, where somebody sits before it; what is printed otherwise stays in a log."""
    browser.drop_keys(connection)
    return browser.one_time_key(connection, OPERATOR) if sys.stdout.isatty() else None


def _say(listener: socket.socket, key: str | None) -> None:
    address = _address(listener)
    print(address, flush=True)
    if key is not None:
        print(f"Open once in your browser: {address}/enter?key={key}", flush=True)


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
