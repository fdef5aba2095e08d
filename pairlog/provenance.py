"""Provenance: which line of a session brought each character of each document; pure.

Characters that are marked stay so wherever they are copied to: undone, cut and pasted, formatted, reopened.
How a copy is known is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from pairlog.alike import same
from pairlog.document import Document
from pairlog.events import Change, PositionEncoding
from pairlog.intervals import Intervals
from pairlog.masking import Span, stars
from pairlog.tracing import Tracing


class Touched(NamedTuple):
    """What a line changed: the first and the last line, as they stand now, of the document.

    `inherited` are the characters of this very line that copy marked ones.
    """

    first: int
    last: int
    inherited: list[Span]


class Provenance:
    """The documents of one session under its lines, and where each of their characters comes from.

    Lines are given in their order. A document that was closed stays: it may be opened again.
    """

    def __init__(self, encoding: PositionEncoding) -> None:
        self._encoding: PositionEncoding = encoding
        self._tracing = Tracing(encoding)
        self._pieces = self._tracing.pieces
        self._marks = Intervals()
        #: Documents that have, or once had, marked characters.
        self._marked: set[int] = set()

    @property
    def documents(self) -> dict[int, Document]:
        """The raw texts."""
        return self._tracing.documents

    def open(self, seq: int, doc: int, text: str, pointer: str = "/text", rebased: bool = False) -> Touched:
        """Take in the text of an `open`.

        In a document that was known before, what is still the same keeps its origins, and only the lines
        around what is not count as touched; with `rebased` (nobody saw what happened in between) all do.
        """
        self._tracing.open(seq, doc, text, pointer)
        touched = self._touched(doc)
        return Touched(0, len(self.documents[doc].lines) - 1, touched.inherited) if rebased else touched

    def edit(self, seq: int, doc: int, changes: Iterable[Change], is_undo: bool = False) -> Touched:
        """Apply the changes of an `edit`.

        Raises KeyError where the document was never opened. A change that is none raises ValueError,
        TypeError or AttributeError; the ones before it stay applied.
        """
        self._tracing.edit(seq, doc, changes, is_undo)
        return self._touched(doc)

    def close(self) -> None:
        """The editor let go of a document; what is removed next is another piece."""
        self._tracing.close()

    def origins(self, doc: int, line: int, start: int, end: int) -> list[Span]:
        """Every place in lines that brought these characters of a line, or what they are copies of."""
        return self._pieces.origins(self._tracing.runs(doc, line, start, end))

    def mark(self, doc: int, line: int, start: int, end: int) -> None:
        """Mark these characters of a line, and later copies of them."""
        for ordinal, length in self._pieces.lineage(self._tracing.runs(doc, line, start, end)):
            self._marks.add(ordinal, ordinal + length)
        self._marked.add(doc)

    def mark_brought(self, seq: int, doc: int) -> None:
        """Mark what the line `seq` brought to a document and copied from nowhere, and later copies of it."""
        for start, end in self._pieces.original(seq):
            self._marks.add(start, end)
        self._marked.add(doc)

    def marked(self, doc: int, first: int = 0, last: int | None = None) -> Iterator[tuple[int, int, int]]:
        """The marked characters of the lines `first` to `last` of a document: line, start and end."""
        if doc in self._marked and self._marks:
            count = len(self.documents[doc].lines)
            for line in range(first, count if last is None else min(last + 1, count)):
                for start, end in self._marked_in(doc, line):
                    yield line, start, end

    def marked_like(self, doc: int, text: str) -> Iterator[tuple[int, int]]:
        """What of a text is the same as marked characters of a document: starts and ends."""
        document = self.documents[doc]
        starts = [0, *accumulate(map(len, document.lines))]
        places = Intervals()
        for line, first, last in self.marked(doc):
            places.add(starts[line] + first, starts[line] + last)
        if places:
            for old, new, length in same(document.text, text):
                for first, last in places.within(old, old + length):
                    yield first - old + new, last - old + new

    def bursts(self, doc: int, line: int) -> Iterator[tuple[int, int]]:
        """The marked characters of a line, start and end, apart where they were not brought in a row."""
        return self._bursts_in(doc, line) if doc in self._marked and self._marks else iter(())

    def has_marks(self, doc: int) -> bool:
        """Whether a marked character stands in a document."""
        return next(self.marked(doc), None) is not None

    def masked_text(self, doc: int) -> str:
        """The text with its marked characters masked, as the masked lines replay."""
        lines = list(self.documents[doc].lines)
        for line, start, end in reversed(list(self.marked(doc))):
            text = lines[line]
            lines[line] = text[:start] + stars(text[start:end], self._encoding) + text[end:]
        return "".join(lines)

    def _touched(self, doc: int) -> Touched:
        tracing = self._tracing
        first, last = tracing.touched or (0, 0)
        if not (tracing.inserted and self._marks):
            return Touched(first, last, [])
        inherited: list[tuple[int, int]] = []
        for base, length, copies in tracing.inserted:
            marks = Intervals()
            for at, ordinal, size in copies:
                for start, end in self._marks.within(ordinal, ordinal + size):
                    marks.add(base + at + start - ordinal, base + at + end - ordinal)
            found = marks.within(base, base + length)
            for start, end in found:
                self._marks.add(start, end)
            inherited += found
        if inherited:
            self._marked.add(doc)
        return Touched(first, last, self._pieces.spans(inherited))

    def _marked_in(self, doc: int, line: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for start, end in self._bursts_in(doc, line):
            if found and found[-1][1] == start:
                start, _ = found.pop()
            found.append((start, end))
        return found

    def _bursts_in(self, doc: int, line: int) -> Iterator[tuple[int, int]]:
        at = 0
        for ordinal, length in self._tracing.runs(doc, line, 0, len(self.documents[doc].lines[line])):
            for start, end in self._marks.within(ordinal, ordinal + length):
                yield at + start - ordinal, at + end - ordinal
            at += length
