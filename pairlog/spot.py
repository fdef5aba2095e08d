"""A place in a document and what was written there, followed through edits; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from pairlog.document import split_lines
from pairlog.events import Change, PositionEncoding
from pairlog.position import index, units


class Side(Enum):
    """Where a change lies, seen from a spot."""

    INSIDE = "inside"
    #: Wholly in lines before it.
    ABOVE = "above"
    #: Wholly before or behind it, not above.
    BESIDE = "beside"
    #: Part of it lies inside, or it replaces the whole text.
    ACROSS = "across"


@dataclass(frozen=True)
class Spot:
    """`written` begins at a position of the wire."""

    line: int
    column: int
    encoding: PositionEncoding
    written: str = ""

    @property
    def end(self) -> tuple[int, int]:
        """The position behind what was written."""
        rows = split_lines(self.written)
        width = units(rows[-1], self.encoding)
        return self.line + len(rows) - 1, width + (self.column if len(rows) == 1 else 0)

    def index(self, line: int, column: int) -> int | None:
        """Where in what was written a position of the wire lies; None outside of it."""
        lines = split_lines(self.written)
        number = line - self.line
        if not 0 <= number < len(lines):
            return None
        if number == 0:
            column -= self.column
        body = lines[number].rstrip("\r\n")
        if not 0 <= column <= units(body, self.encoding):
            return None
        return sum(map(len, lines[:number])) + index(body, column, self.encoding)

    def follow(self, change: Change) -> tuple[Side, Spot]:
        """Where a change lies, and the spot behind it; the same one where the change lies across it."""
        line, column, end_line, end_column, text = change
        start, end = self.index(line, column), self.index(end_line, end_column)
        if start is not None and end is not None and start <= end:
            return Side.INSIDE, replace(self, written=self.written[:start] + text + self.written[end:])
        if (line, column) > (end_line, end_column) or min(line, column) < 0:
            return Side.ACROSS, self
        if (line, column) > self.end:
            return Side.BESIDE, self
        if (end_line, end_column) > (self.line, self.column):
            return Side.ACROSS, self
        rows = split_lines(text)
        last = line + len(rows) - 1
        moved = replace(self, line=last + self.line - end_line)
        if end_line < self.line:
            return Side.ABOVE, moved
        width = units(rows[-1], self.encoding) + (column if len(rows) == 1 else 0)
        # Whole lines that come or go end where the line of the spot begins.
        side = Side.BESIDE if width or end_column else Side.ABOVE
        return side, replace(moved, column=width + self.column - end_column)
