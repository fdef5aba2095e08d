"""When a session has lasted long enough: after 30 idle minutes, and after 12 hours at a quiet moment.

Asked once a second, by the session's own time, so that no key pays for it; pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

_MINUTE_MS = 60_000
IDLE_MS_MAX = 30 * _MINUTE_MS
SESSION_MS_MAX = 12 * 60 * _MINUTE_MS
#: Nobody is typing.
QUIET_MS = 2_000
#: A cause whose edit has not come by now stands alone.
CAUSE_MS_MAX = _MINUTE_MS


class Rollover:
    """Follows how many lines a session has. What the recorder wrote of itself is no event: see `forgive`."""

    def __init__(self) -> None:
        self._lines = 0
        self._last_ms = 0

    def look(self, now_ms: int, lines: int) -> None:
        """Take notice of what happened since `forgive`."""
        if lines != self._lines:
            self._lines = lines
            self._last_ms = now_ms

    def touch(self, now_ms: int) -> None:
        """Something happened that no count of lines shows."""
        self._last_ms = now_ms

    def forgive(self, lines: int) -> None:
        """The lines since `look` were nobody's doing."""
        self._lines = lines

    def due(self, now_ms: int, is_edit_awaited: Callable[[], bool]) -> Literal["idle", "rollover"] | None:
        """Why the session ends now; None where it goes on. A cause and its edit are never parted."""
        quiet_ms = now_ms - self._last_ms
        if quiet_ms >= IDLE_MS_MAX:
            return "idle"
        if now_ms >= SESSION_MS_MAX and quiet_ms >= (CAUSE_MS_MAX if is_edit_awaited() else QUIET_MS):
            return "rollover"
        return None
