"""A set of integers, kept as the stretches it consists of."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class Intervals:
    """Integers in disjoint stretches, each from its start up to, not with, its end."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, stretches: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in stretches:
            self.add(start, end)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, number: int) -> bool:
        found = bisect_right(self._starts, number) - 1
        return found >= 0 and number < self._ends[found]

    def add(self, start: int, end: int) -> None:
        """Put a stretch in."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def stretches(self) -> list[tuple[int, int]]:
        """All of them, each as its start and its end."""
        return list(zip(self._starts, self._ends, strict=True))

    def within(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of the stretch from `start` to `end` is in the set."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end) if start < end else first
        pairs = zip(self._starts[first:last], self._ends[first:last], strict=True)
        return [(max(start, a), min(end, b)) for a, b in pairs]

    def without(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of the stretch from `start` to `end` is not in the set."""
        missing = []
        for a, b in self.within(start, end):
            if start < a:
                missing.append((start, a))
            start = b
        if start < end:
            missing.append((start, end))
        return missing
