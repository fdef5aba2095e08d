"""When to try again: pauses that double, with chance in them so that many senders do not come at once."""

from __future__ import annotations

import random

_SECONDS_FIRST = 0.5
_SECONDS_MAX = 60.0


class Backoff:
    """The pause before the next try of one thing that failed."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()
        self._failures = 0
        self._next = 0.0

    def is_due(self, now: float) -> bool:
        """Whether the pause is over."""
        return now >= self._next

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures = 0
        self._next = 0.0

    def failed(self, now: float, retry_after: float | None = None) -> float:
        """Begin a pause, of at least what the collector asked for; returns its seconds."""
        longest: float = min(_SECONDS_MAX, _SECONDS_FIRST * (1 << min(self._failures, 10)))
        self._failures += 1
        pause = max(longest * self._chance.uniform(0.5, 1.0), retry_after or 0.0)
        self._next = now + pause
        return pause
