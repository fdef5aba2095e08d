"""Retention: how much of what somebody brought still stands at the end, followed character by character."""

from __future__ import annotations

from collections import defaultdict

from pairlog.document import Document

#: `(start, end, owner)`: code point offsets in a document, and whose characters they are.
_Span = tuple[int, int, int]


class Retention:
    """An observer of documents that follows the characters of owners through every later change.

    Set `doc` and `owner` (None: nobody whom we follow) before a change. Of a change only what differs counts:
    the common beginning and end of the old and the new text stay what they were, so that a formatter which
    sends a whole document anew takes nothing away. Characters that were deleted and came back by an undo do
    not count as kept.
    """

    def __init__(self) -> None:
        self.doc = 0
        self.owner: int | None = None
        self._brought: defaultdict[int, int] = defaultdict(int)
        self._spans: defaultdict[int, list[_Span]] = defaultdict(list)

    def observe(self, document: Document, line: int, start: int, end_line: int, end: int, text: str) -> None:
        """Follow one change, as a `Document` tells it before it happens."""
        if self.owner is None and not self._spans[self.doc]:
            return
        offset = sum(map(len, document.lines[:line])) + start
        self._change(offset, document.slice(line, start, end_line, end), text)

    def rebase(self, old: str, new: str) -> None:
        """Follow a document whose text was given anew."""
        self._change(0, old, new)

    def shares(self) -> dict[int, float]:
        """For each owner: characters that still stand / characters brought. Owners of none are left out."""
        kept: defaultdict[int, int] = defaultdict(int)
        for spans in self._spans.values():
            for start, end, owner in spans:
                kept[owner] += end - start
        return {owner: kept[owner] / brought for owner, brought in self._brought.items() if brought}

    def _change(self, offset: int, old: str, new: str) -> None:
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        start, end = offset + head, offset + len(old) - tail
        length = len(new) - head - tail
        spans = list[_Span]()
        for first, last, owner in self._spans[self.doc]:
            if first < start:
                spans.append((first, min(last, start), owner))
            if last > end:
                shift = length - (end - start)
                spans.append((max(first, end) + shift, last + shift, owner))
        if self.owner is not None:
            self._brought[self.owner] += length
            if length:
                spans.append((start, start + length, self.owner))
        self._spans[self.doc] = spans


def _common(one: str, other: str) -> int:
    if one.startswith(other) or other.startswith(one):
        return min(len(one), len(other))
    return next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
