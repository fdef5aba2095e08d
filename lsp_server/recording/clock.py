"""The time of a session: milliseconds since it began, monotonic, and the jumps of the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import NamedTuple

_JUMP_NS = 1_000_000_000


def utc(time_ns: int) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000 / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clocks(NamedTuple):
    """Where the time comes from: nanoseconds that only grow, and those of the wall clock since 1970."""

    monotonic_ns: Callable[[], int] = time.monotonic_ns
    time_ns: Callable[[], int] = time.time_ns


class SessionClock:
    """`t` of the recorder's own clock."""

    def __init__(self, clocks: Clocks) -> None:
        self._monotonic_ns, self._time_ns = clocks
        self._start = self._monotonic_ns()
        self._drift = self._time_ns() - self._start
        self.started_at = utc(self._start + self._drift)

    def t(self) -> int:
        """Milliseconds since the session began."""
        return (self._monotonic_ns() - self._start) // 1_000_000

    def jumped(self) -> str | None:
        """The time the wall clock shows, where it moved by over a second against the monotonic one."""
        now = self._time_ns()
        drift = now - self._monotonic_ns()
        if abs(drift - self._drift) <= _JUMP_NS:
            return None
        self._drift = drift
        return utc(now)
