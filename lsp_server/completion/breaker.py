"""When an endpoint that fails is asked again; pure."""

from __future__ import annotations

_FAILURES_MAX = 3
_PAUSE_SECONDS = 5.0
_PAUSE_SECONDS_MAX = 300.0


class Breaker:
    """Closed while all goes well; open for growing pauses once three requests in a row have failed."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause = _PAUSE_SECONDS
        self._until = 0.0
        #: Why the last request failed; empty while all goes well.
        self.trouble = ""

    def lets_through(self, now: float) -> bool:
        """Whether the endpoint may be asked; behind a pause, one request at a time tries it."""
        if self._failures < _FAILURES_MAX:
            return True
        if now < self._until:
            return False
        self._until = now + self._pause
        return True

    def succeeded(self) -> None:
        """An answer came."""
        self._failures = 0
        self._pause = _PAUSE_SECONDS
        self.trouble = ""

    def failed(self, trouble: str, now: float) -> bool:
        """A request failed; returns whether a person should hear of it now."""
        self._failures += 1
        self.trouble = trouble
        if self._failures < _FAILURES_MAX:
            return False
        if self._failures > _FAILURES_MAX:
            self._pause = min(2 * self._pause, _PAUSE_SECONDS_MAX)
        self._until = now + self._pause
        return self._failures == _FAILURES_MAX
