"""Which records came before: an exporter that missed its answer sends a batch again."""

from __future__ import annotations

_KEPT_MAX = 8_192


class Retries:
    """Remembers the marks of the last records."""

    def __init__(self, kept_max: int = _KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._marks: dict[str, None] = {}

    def is_fresh(self, mark: str) -> bool:
        """Whether this mark is a new one; from now on it is not."""
        if mark in self._marks:
            return False
        self._marks[mark] = None
        if len(self._marks) > self._kept_max:
            del self._marks[next(iter(self._marks))]
        return True
