"""Hears from a PostgreSQL server which sessions any process changed, and rings the bell of this one."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

import psycopg

from collector_api.database.bell import Bell

CHANNEL = "pairlog"

#: How long a server that is gone is left alone, and how long closing waits for one that does not answer.
_AGAIN_S = 1.0
_JOIN_S_MAX = 1.0

_log = logging.getLogger(__name__)


class Listener:
    """A thread that listens; where its connection breaks it makes another one, and rings for everybody."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], bell: Bell) -> None:
        self._connect = connect
        self._bell = bell
        self._closing = threading.Event()
        self._woken, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._wake.close()
        self._thread.join(_JOIN_S_MAX)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except psycopg.Error as error:
                _log.warning("the database does not answer: %s", str(error).strip().partition("\n")[0])
                self._closing.wait(_AGAIN_S)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        # Whatever was said while nobody listened.
        self._bell.ring_all()
        with selectors.DefaultSelector() as selector:
            for readable in (connection, self._woken):
                selector.register(readable, selectors.EVENT_READ)
            while not self._closing.is_set():
                selector.select()
                for notice in connection.notifies(timeout=0):
                    self._bell.ring(notice.payload)
