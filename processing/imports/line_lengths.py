"""Where an offset from the start of a text lies, while the text changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

_BLOCK_LINES = 256


class LineLengths:
    """The lengths of a text's lines, line ends included, in blocks whose sums are kept.

    For a text of n lines, finding and replacing cost n / 256 + 256 steps, wherever they happen.
    """

    def __init__(self, lengths: Iterable[int]) -> None:
        self._blocks = _cut(list(lengths))
        self._sums = [sum(block) for block in self._blocks]
        #: The length of the whole text.
        self.total = sum(self._sums)

    def find(self, offset: int) -> tuple[int, int]:
        """The line with this offset, and how far into it; the end of the text lies on its last line.

        Raises IndexError for an offset outside of the text.
        """
        if not 0 <= offset <= self.total:
            raise IndexError(offset)
        line, last = 0, len(self._blocks) - 1
        for number, size in enumerate(self._sums):
            if offset < size or number == last:
                break
            offset -= size
            line += len(self._blocks[number])
        block = self._blocks[number]
        for length in block[:-1]:
            if offset < length:
                return line, offset
            offset -= length
            line += 1
        return line, offset

    def replace(self, first: int, end: int, lengths: Sequence[int]) -> None:
        """Put these lengths in the place of the lines from `first` up to, not including, `end`."""
        head, start = self._block_of(first)
        tail, stop = self._block_of(end - 1)
        if head != tail:
            self._blocks[head : tail + 1] = [list(chain.from_iterable(self._blocks[head : tail + 1]))]
            self._sums[head : tail + 1] = [sum(self._sums[head : tail + 1])]
            stop = start + end - 1 - first
        block = self._blocks[head]
        change = sum(lengths) - sum(block[start : stop + 1])
        block[start : stop + 1] = lengths
        self._sums[head] += change
        self.total += change
        if len(block) > 2 * _BLOCK_LINES:
            self._blocks[head : head + 1] = parts = _cut(block)
            self._sums[head : head + 1] = [sum(part) for part in parts]

    def _block_of(self, line: int) -> tuple[int, int]:
        """The block that holds a line, and the line's place in it."""
        for number, block in enumerate(self._blocks):
            if line < len(block):
                return number, line
            line -= len(block)
        raise IndexError(line)


def _cut(lengths: list[int]) -> list[list[int]]:
    return [lengths[at : at + _BLOCK_LINES] for at in range(0, len(lengths), _BLOCK_LINES)]
