"""The lines of a large text in a fraction of a list's memory: stretches of text, of which a few are open.

A list of lines takes 60 bytes more than the text for each of them. Here only the blocks that were used last
are lists; the others are one string each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

#: Lines in a block, as it is made; a block grows to twice of it.
_BLOCK_LINES = 256
#: Blocks that are lists at the same time.
_OPEN_MAX = 8


class Blocks(Sequence[str]):
    """Lines, each with its end, as a list has them: read, replaced and spliced in place."""

    __slots__ = ("_blocks", "_current", "_end", "_first", "_opened", "_split", "_starts")

    def __init__(self, lines: Sequence[str], split: Callable[[str], list[str]]) -> None:
        """`split` gives the lines of a stretch of whole lines, and an empty one behind its last line end."""
        self._split = split
        self._blocks: list[str | list[str]] = [
            "".join(lines[at : at + _BLOCK_LINES]) for at in range(0, len(lines), _BLOCK_LINES)
        ]
        #: The first line of each block, and the number of all lines.
        self._starts: list[int] = [*range(0, len(lines), _BLOCK_LINES), len(lines)]
        self._opened = 0
        #: The block that was used last: its lines, and which ones they are.
        self._current: list[str] = []
        self._first = self._end = 0

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[str]:
        for number, block in enumerate(self._blocks):
            yield from self._lines_of(number, block)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return list(islice(self._from(start), max(0, stop - start)))
        if not self._first <= index < self._end:
            index = self._open(index)
        return self._current[index - self._first]

    @overload
    def __setitem__(self, index: int, value: str) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[str]) -> None: ...
    def __setitem__(self, index: int | slice, value: str | Iterable[str]) -> None:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            self._splice(start, max(start, stop), list(value))
            return
        assert isinstance(value, str)
        if not self._first <= index < self._end:
            index = self._open(index)
        self._current[index - self._first] = value

    def text(self) -> str:
        """All lines in a row."""
        return "".join(block if isinstance(block, str) else "".join(block) for block in self._blocks)

    def _from(self, index: int) -> Iterator[str]:
        number = self._number_of(index)
        for here in range(number, len(self._blocks)):
            lines = self._lines_of(here, self._blocks[here])
            yield from lines[index - self._starts[number] :] if here == number else lines

    def _open(self, index: int) -> int:
        """Make the block of a line the current one; returns the line, counted from the front."""
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"line {index} of {count}")
        index %= count
        number = self._number_of(index)
        block = self._blocks[number]
        if isinstance(block, str):
            if self._opened >= _OPEN_MAX:
                self._close_all()
            self._opened += 1
            block = self._blocks[number] = self._lines_of(number, block)
        self._current = block
        self._first, self._end = self._starts[number], self._starts[number + 1]
        return index

    def _close_all(self) -> None:
        self._blocks = [block if isinstance(block, str) else "".join(block) for block in self._blocks]
        self._opened = 0

    def _splice(self, start: int, stop: int, new: list[str]) -> None:
        """The lines from `start` up to `stop` become others."""
        first = self._number_of(start)
        last = self._number_of(max(start, stop - 1))
        lines = self._lines_between(first, last)
        lines[start - self._starts[first] : stop - self._starts[first]] = new
        grown = len(new) - (stop - start)
        behind = [at + grown for at in self._starts[last + 1 :]]
        if len(lines) <= 2 * _BLOCK_LINES and lines:
            self._blocks[first : last + 1] = [lines]
            self._starts[first + 1 :] = behind
        else:
            self._blocks[first : last + 1] = [
                "".join(lines[at : at + _BLOCK_LINES]) for at in range(0, len(lines), _BLOCK_LINES)
            ]
            at = self._starts[first]
            self._starts[first:] = [*range(at, at + len(lines), _BLOCK_LINES), *behind]
        self._opened = sum(not isinstance(block, str) for block in self._blocks)
        self._first = self._end = 0

    def _lines_between(self, first: int, last: int) -> list[str]:
        return [
            line for number in range(first, last + 1) for line in self._lines_of(number, self._blocks[number])
        ]

    def _lines_of(self, number: int, block: str | list[str]) -> list[str]:
        if not isinstance(block, str):
            return block
        lines = self._split(block)
        if len(lines) > self._starts[number + 1] - self._starts[number]:
            lines.pop()
        return lines

    def _number_of(self, index: int) -> int:
        return max(0, min(bisect_right(self._starts, index) - 1, len(self._blocks) - 1))
