"""The texts that lines inserted: from the ordinal of a character to the lines that brought it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

from pairlog.events import PositionEncoding
from pairlog.intervals import Intervals
from pairlog.masking import Span
from pairlog.ordinals import Copy, Run
from pairlog.position import scrub, units


class Pieces:
    """The inserted texts in order; each has the ordinals behind those of the one before."""

    def __init__(self, encoding: PositionEncoding) -> None:
        self._encoding = encoding
        self._bases: list[int] = []
        self._seqs: list[int] = []
        self._pointers: list[str] = []
        #: Only where units are not code points.
        self._texts: dict[int, str] = {}
        self._copies: dict[int, list[Copy]] = {}
        self._end = 0

    def add(self, seq: int, pointer: str, text: str, copies: list[Copy] | None = None) -> int:
        """Take a text in that a line brought; `copies`, in their order, say what it is a copy of."""
        base = self._end
        if text:
            number = len(self._bases)
            self._bases.append(base)
            self._seqs.append(seq)
            self._pointers.append(pointer)
            if self._encoding != "utf-32" and not text.isascii():
                self._texts[number] = scrub(text)
            if copies:
                self._copies[number] = copies
            self._end = base + len(text)
        return base

    def lineage(self, runs: Iterable[Run]) -> Iterator[Run]:
        """The ordinals themselves, and those that they are copies of, all the way up."""
        for ordinal, _, length in self._walk(runs):
            yield ordinal, length

    def origins(self, runs: Iterable[Run]) -> list[Span]:
        """The places in lines that brought these characters, and those that they are copies of."""
        found: dict[int, Intervals] = {}
        for ordinal, number, length in self._walk(runs):
            found.setdefault(number, Intervals()).add(ordinal, ordinal + length)
        return sorted(
            self._span(number, start, end)
            for number, places in found.items()
            for start, end in places.within(0, self._end)
        )

    def original(self, seq: int) -> list[tuple[int, int]]:
        """The ordinals, as starts and ends, of what a line brought and copied from nowhere."""
        found = []
        for number in range(bisect_left(self._seqs, seq), bisect_right(self._seqs, seq)):
            base = self._bases[number]
            copied = Intervals(
                (base + start, base + start + length) for start, _, length in self._copies.get(number, ())
            )
            found += copied.without(base, self._end_of(number))
        return found

    def spans(self, stretches: Iterable[tuple[int, int]]) -> list[Span]:
        """The places in lines of ordinals, given as starts and ends, each within one text."""
        return [self._span(bisect_right(self._bases, start) - 1, start, end) for start, end in stretches]

    def _end_of(self, number: int) -> int:
        return self._bases[number + 1] if number + 1 < len(self._bases) else self._end

    def _walk(self, runs: Iterable[Run]) -> Iterator[tuple[int, int, int]]:
        todo = list(runs)
        while todo:
            ordinal, length = todo.pop()
            number = bisect_right(self._bases, ordinal) - 1
            here = min(length, self._end_of(number) - ordinal)
            if here < length:
                todo.append((ordinal + here, length - here))
            yield ordinal, number, here
            if number in self._copies:
                todo += self._parents(self._copies[number], ordinal - self._bases[number], here)

    @staticmethod
    def _parents(copies: list[Copy], start: int, length: int) -> Iterator[Run]:
        first = max(0, bisect_right(copies, start, key=itemgetter(0)) - 1)
        for number in range(first, len(copies)):
            at, ordinal, size = copies[number]
            if at >= start + length:
                break
            low, high = max(at, start), min(at + size, start + length)
            if low < high:
                yield ordinal + low - at, high - low

    def _span(self, number: int, start: int, end: int) -> Span:
        start, end = start - self._bases[number], end - self._bases[number]
        text = self._texts.get(number)
        if text is not None:
            end = units(text[start:end], self._encoding)
            start = units(text[:start], self._encoding)
            end += start
        return Span(self._seqs[number], self._pointers[number], start, end - start)
