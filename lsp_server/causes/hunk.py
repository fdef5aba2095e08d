"""What a change did to a text: the smallest replacement that comes to the same, and what stands around it."""

from __future__ import annotations

import re
from typing import NamedTuple

from pairlog.alike import ends
from pairlog.document import Document, split_lines
from pairlog.events import Change

_WORD = re.compile(r"\w*")


class Hunk(NamedTuple):
    """`removed` was replaced by `inserted`, which begins at `line` and `column`, in code points.

    `before` and `behind` are what else stands in the lines of text that it begins and ends in, line end
    included. What both texts begin or end with is in them, not in `removed` and `inserted`.
    """

    line: int
    column: int
    removed: str
    inserted: str
    before: str
    behind: str
    #: How many characters more the change named before and behind, and left as they were.
    head: int = 0
    tail: int = 0

    @property
    def is_exact(self) -> bool:
        """The change named nothing that it left as it was."""
        return not (self.head or self.tail)

    @property
    def end(self) -> tuple[int, int]:
        """The line and column behind what was inserted."""
        rows = split_lines(self.inserted)
        return self.line + len(rows) - 1, len(rows[-1]) + (self.column if len(rows) == 1 else 0)

    @property
    def words(self) -> tuple[str, str]:
        """What was changed, filled up to whole words: as it was, and as it is."""
        # From the end: a search for a word that ends there tries each place before it.
        first, last = _word(self.before[::-1])[::-1], _word(self.behind)
        return first + self.removed + last, first + self.inserted + last

    @property
    def is_blank(self) -> bool:
        """Nothing but blanks and line ends were changed."""
        return not (self.removed.strip() or self.inserted.strip())


def _word(text: str) -> str:
    found = _WORD.match(text)
    return found[0] if found else ""


def apply(document: Document, change: Change) -> Hunk | None:
    """Apply a change; returns what it did, None where the text stays as it was."""
    line, start, end_line, end = document.span(change)
    removed, inserted = document.slice(line, start, end_line, end), change[4]
    before = document.lines[line][:start]
    behind = document.lines[end_line][end:]
    document.apply((change,))
    if removed == inserted:
        return None
    if not removed or not inserted:
        return Hunk(line, start, removed, inserted, before, behind)
    head, tail = ends(removed, inserted)
    same = split_lines(removed[:head])
    if len(same) > 1:
        line, before = line + len(same) - 1, ""
    before += same[-1]
    if tail:
        behind = split_lines(removed[-tail:] + behind)[0]
    removed, inserted = removed[head : len(removed) - tail], inserted[head : len(inserted) - tail]
    return Hunk(line, len(before), removed, inserted, before, behind, head, tail)
