"""Every inserted character has an ordinal: which ones stand in a document, line by line, under edits.

Ordinals of a text are consecutive. What brought them is not known here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from typing import TypeAlias

from pairlog.document import Document

#: The ordinals of a line's characters: the first one, where they are consecutive, else all of them.
Line: TypeAlias = "int | array[int]"
#: Consecutive ordinals: the first one and how many.
Run: TypeAlias = tuple[int, int]
#: A copy: where in a new text it begins, the ordinal it is a copy of, and how many characters follow.
Copy: TypeAlias = tuple[int, int, int]


class Traced:
    """A text and the ordinals of its characters."""

    __slots__ = ("_starts", "runs", "text")

    def __init__(self, text: str, runs: list[Run]) -> None:
        self.text = text
        self.runs = runs
        self._starts: list[int] | None = None

    def __add__(self, other: Traced) -> Traced:
        return Traced(self.text + other.text, merged([*self.runs, *other.runs]))

    def slice(self, start: int, end: int) -> Traced:
        """The characters from `start` up to `end`."""
        return Traced(self.text[start:end], [(run, length) for _, run, length in self.copies(start, end, 0)])

    def copies(self, start: int, end: int, at: int) -> list[Copy]:
        """The characters from `start` up to `end` as copies that begin at `at` of a new text."""
        if self._starts is None:
            self._starts = [0]
            for _, length in self.runs:
                self._starts.append(self._starts[-1] + length)
        copies = []
        number = bisect_right(self._starts, start) - 1
        while start < end:
            ordinal, length = self.runs[number]
            offset = start - self._starts[number]
            taken = min(length - offset, end - start)
            copies.append((at, ordinal + offset, taken))
            start, at, number = start + taken, at + taken, number + 1
        return copies


class Standing:
    """The ordinals of the characters that stand in a document.

    A document that was never edited needs no more than the first ordinal.
    """

    __slots__ = ("_base", "_firsts", "_mixed", "_names")

    def __init__(self, base: int) -> None:
        self._base = base
        #: For each line its first ordinal, where they are consecutive, else a negative name in `_mixed`.
        self._firsts: array[int] | None = None
        self._mixed: dict[int, array[int]] = {}
        self._names = 0

    def runs(self, document: Document, line: int, start: int, end_line: int, end: int) -> list[Run]:
        """The ordinals between two places given in code points."""
        if line == end_line:
            return list(_runs(self._line(document, line), start, end))
        found = list(_runs(self._line(document, line), start, len(document.lines[line])))
        for number, text in enumerate(document.lines[line + 1 : end_line], line + 1):
            found += _runs(self._line(document, number), 0, len(text))
        return merged([*found, *_runs(self._line(document, end_line), 0, end)])

    def change(self, document: Document, line: int, start: int, end: int, base: int, length: int) -> None:
        """In one line, characters go and `length` others, from the ordinal `base` on, come."""
        old = self._line(document, line)
        if isinstance(old, int):
            firsts = self._unfolded(document)
            if start == end and start == len(document.lines[line]) and (old + start == base or not start):
                firsts[line] = base - start
                return
            old = array("q", range(old, old + len(document.lines[line])))
            firsts[line] = self._named(old)
        old[start:end] = array("q", range(base, base + length))

    def splice(
        self,
        document: Document,
        first: int,
        end_line: int,
        parts: list[tuple[Line, int]],
        lengths: Iterable[int],
    ) -> None:
        """The lines `first` to `end_line` become lines of these lengths, made of `parts` in a row."""
        firsts = self._unfolded(document)
        for name in firsts[first : end_line + 1]:
            self._mixed.pop(name, None)
        new = _cut_up(parts, lengths)
        firsts[first : end_line + 1] = array(
            "q", (line if isinstance(line, int) else self._named(line) for line in new)
        )

    def part(self, document: Document, line: int, start: int, end: int) -> tuple[Line, int]:
        """The ordinals of a part of a line, and how many they are."""
        return _cut(self._line(document, line), start, end), end - start

    def _line(self, document: Document, line: int) -> Line:
        first = (self._firsts or self._unfolded(document))[line]
        return first if first >= 0 else self._mixed[first]

    def _named(self, line: array[int]) -> int:
        self._names -= 1
        self._mixed[self._names] = line
        return self._names

    def _unfolded(self, document: Document) -> array[int]:
        if self._firsts is None:
            ends = accumulate(map(len, document.lines), initial=self._base)
            self._firsts = array("q", islice(ends, len(document.lines)))
        return self._firsts


def merged(runs: Iterable[Run]) -> list[Run]:
    """The same ordinals in the same order, in as few runs as they need."""
    result: list[Run] = []
    for ordinal, length in runs:
        if result and sum(result[-1]) == ordinal:
            ordinal, length = result[-1][0], result.pop()[1] + length
        result.append((ordinal, length))
    return result


def _runs(line: Line, start: int, end: int) -> Iterator[Run]:
    if isinstance(line, int):
        if start < end:
            yield line + start, end - start
        return
    while start < end:
        first = line[start]
        length = 1
        while start + length < end and line[start + length] == first + length:
            length += 1
        yield first, length
        start += length


def _cut(line: Line, start: int, end: int) -> Line:
    return line + start if isinstance(line, int) else line[start:end]


def _cut_up(parts: list[tuple[Line, int]], lengths: Iterable[int]) -> Iterator[Line]:
    rest = [part for part in reversed(parts) if part[1]]
    for length in lengths:
        taken = []
        while length:
            line, available = rest.pop()
            here = min(length, available)
            taken.append((_cut(line, 0, here), here))
            if here < available:
                rest.append((_cut(line, here, available), available - here))
            length -= here
        yield _joined(taken)


def _joined(parts: list[tuple[Line, int]]) -> Line:
    if len(parts) < 2:
        return parts[0][0] if parts else 0
    joined = array("q")
    for line, length in parts:
        joined.extend(range(line, line + length) if isinstance(line, int) else line)
    return joined
