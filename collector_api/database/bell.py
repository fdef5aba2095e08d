"""A bell for each session: it rings when something of it has become durable, and wakes those who watch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import Connection

from collector_api.problems import TooFast

_Ear: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Bell:
    """Rung by the thread that writes, heard in the event loops of those who watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[str, list[_Ear]] = {}
        self._watchers: dict[int, int] = {}
        self.closed = False

    def ring(self, session: str) -> None:
        """Wake everybody who watches this session."""
        with self._lock:
            _wake(self._ears.get(session, ()))

    def ring_all(self) -> None:
        """Wake everybody who watches anything."""
        with self._lock:
            for ears in self._ears.values():
                _wake(ears)

    def close(self) -> None:
        """Wake everybody for the last time; `closed` says so."""
        with self._lock:
            self.closed = True
            for ears in self._ears.values():
                _wake(ears)

    @property
    def watchers(self) -> int:
        """How many watch anything now."""
        return sum(self._watchers.copy().values())

    @contextmanager
    def watching(self, caller: int, watchers_max: int) -> Iterator[None]:
        """Count one who watches. Raises TooFast where the caller, a token, watches as much as it may."""
        with self._lock:
            watched = self._watchers.get(caller, 0)
            if watched >= watchers_max:
                raise TooFast(f"this token watches `watchers_max`, {watchers_max}, sessions; end one first")
            self._watchers[caller] = watched + 1
        try:
            yield
        finally:
            with self._lock:
                self._watchers[caller] -= 1
                if not self._watchers[caller]:
                    del self._watchers[caller]

    @contextmanager
    def listening(self, session: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the bell of a session rings."""
        ear = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._ears.setdefault(session, []).append(ear)
        try:
            yield ear[1]
        finally:
            with self._lock:
                _take_out(self._ears, session, ear)


def _take_out(ears: dict[str, list[_Ear]], session: str, ear: _Ear) -> None:
    ears[session].remove(ear)
    if not ears[session]:
        del ears[session]


def _wake(ears: Iterable[_Ear]) -> None:
    for loop, heard in ears:
        if not loop.is_closed():
            loop.call_soon_threadsafe(heard.set)


class LocalNews:
    """The news of a store that one process serves: whoever wrote rings the bell."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def tell(self, connection: Connection, sessions: Iterable[str]) -> None:
        """Nothing: no other process is to hear of it."""

    def committed(self, sessions: Iterable[str]) -> None:
        """Ring for these sessions."""
        for session in sessions:
            self._bell.ring(session)

    def close(self) -> None:
        """Nothing is left to do."""
