"""A document's text as rows of segments, ready to be shown; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from collector_api.pages.marks import Mark

#: How many rows a page shows of a long document.
ROWS_MAX = 1_000
_REMOVED_MAX = 200

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True)
class Segment:
    """A stretch of a row: text as it stood, text that came, or text that went."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class CodeRow:
    """A line of the document; `number` counts from 1."""

    number: int
    changed: bool
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class CodeView:
    """Some rows of a document of `total` lines, and the first row that changed."""

    rows: tuple[CodeRow, ...]
    total: int
    first_changed: int | None

    @property
    def before(self) -> int:
        """How many lines stand before the rows."""
        return self.rows[0].number - 1 if self.rows else 0

    @property
    def behind(self) -> int:
        """How many lines stand behind the rows."""
        return self.total - (self.rows[-1].number if self.rows else 0)


def view(lines: Sequence[str], marks: Sequence[Mark], near: int | None = None) -> CodeView:
    """The rows around line `near` (from 1), else around the first change, else from the top."""
    first = min((mark.start[0] for mark in marks), default=None)
    centre = near - 1 if near is not None else first or 0
    begin = max(0, min(centre - ROWS_MAX // 2, len(lines) - ROWS_MAX))
    rows = tuple(
        _row(number, line, [mark for mark in marks if mark.start[0] <= number <= mark.end[0]])
        for number, line in enumerate(lines[begin : begin + ROWS_MAX], begin)
    )
    return CodeView(rows, len(lines), None if first is None else first + 1)


def _row(number: int, line: str, marks: Sequence[Mark]) -> CodeRow:
    text = line.rstrip("\r\n")
    if not marks:
        return CodeRow(number + 1, False, (Segment("same", text),))
    # The text between two cuts is of one kind.
    added = [_columns(mark, number, len(text)) for mark in marks]
    removed = {
        min(mark.start[1], len(text)): mark.removed
        for mark in marks
        if mark.removed and mark.start[0] == number
    }
    cuts = sorted({0, len(text), *removed, *(column for span in added for column in span)})
    segments: list[Segment] = []
    for start, end in pairwise([*cuts, len(text)]):
        if start in removed:
            segments.append(Segment("removed", _shown(removed.pop(start))))
        if end > start:
            inside = any(first <= start and end <= last for first, last in added)
            segments.append(Segment("added" if inside else "same", text[start:end]))
    return CodeRow(number + 1, True, tuple(segments))


def _columns(mark: Mark, number: int, length: int) -> tuple[int, int]:
    start = mark.start[1] if mark.start[0] == number else 0
    end = mark.end[1] if mark.end[0] == number else length
    return min(start, length), min(end, length)


def _shown(removed: str) -> str:
    text = removed.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\N{RETURN SYMBOL}")
    return text if len(text) <= _REMOVED_MAX else f"{text[:_REMOVED_MAX]}\N{HORIZONTAL ELLIPSIS}"
