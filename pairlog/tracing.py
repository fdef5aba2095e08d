"""Documents under the lines of a session, with the ordinal of every character that stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pairlog.alike import ends, same
from pairlog.document import Document, split_lines
from pairlog.events import Change, PositionEncoding
from pairlog.ordinals import Copy, Run, Standing, Traced
from pairlog.pieces import Pieces
from pairlog.removed import Removed

#: A text that was inserted and copies others: the ordinal that it begins with, its length, the copies.
Inserted: TypeAlias = tuple[int, int, list[Copy]]

#: Typed texts, which are no copies.
_TYPED_MAX = 1


class Tracing:
    """The documents of one session. After each `open` and `edit`, `touched` and `inserted` tell what it did.

    `touched` are the first and the last line that changed, as they stand now; `inserted` are the texts that
    it inserted and that are copies.
    """

    def __init__(self, encoding: PositionEncoding) -> None:
        self.documents: dict[int, Document] = {}
        self.pieces = Pieces(encoding)
        self.touched: tuple[int, int] | None = None
        self.inserted: list[Inserted] = []
        self._encoding: PositionEncoding = encoding
        self._standing: dict[int, Standing] = {}
        self._removed = Removed()
        self._seq = self._doc = -1
        self._pointer = ""
        self._is_undo = False

    def open(self, seq: int, doc: int, text: str, pointer: str) -> None:
        """A document's text is `text`; what is the same in a document that was known before are copies."""
        self._begin(seq, doc, False)
        self._pointer = pointer
        before = self.documents.get(doc)
        self._removed.interrupt()
        if before is None:
            self._standing[doc] = Standing(self._add(text, []))
        else:
            self._renew(self._whole(before), text)
        document = self.documents[doc] = Document(text, self._encoding, self._observe)
        if before is None:
            self.touched = 0, len(document.lines) - 1

    def edit(self, seq: int, doc: int, changes: Iterable[Change], is_undo: bool) -> None:
        """Apply changes. Raises KeyError for a document that is not known, and as `Document.apply` does."""
        document = self.documents[doc]
        self._begin(seq, doc, is_undo)
        for number, change in enumerate(changes):
            self._pointer = f"/changes/{number}/4"
            document.apply((change,))

    def close(self) -> None:
        """What is removed next is another piece."""
        self._removed.interrupt()

    def runs(self, doc: int, line: int, start: int, end: int) -> list[Run]:
        """The ordinals of a part of a line."""
        document = self.documents[doc]
        end = min(end, len(document.lines[line]))
        return self._standing[doc].runs(document, line, start, line, end)

    def _begin(self, seq: int, doc: int, is_undo: bool) -> None:
        self._seq, self._doc, self._is_undo = seq, doc, is_undo
        self.touched = None
        if self.inserted:
            self.inserted = []

    def _observe(self, document: Document, line: int, start: int, end_line: int, end: int, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"{type(text).__name__} is no text")
        base = 0
        if line != end_line or start != end:
            if text and _is_whole(document, line, start, end_line, end):
                self._renew(self._whole(document), text)
                return
            removed = self._remove(document, line, start, end_line, end)
            if text:
                self._removed.interrupt()
                kept = _kept(removed, text) if line != end_line else []
                base = self._add(text, self._with_removed(kept, text))
        elif len(text) <= _TYPED_MAX and not self._is_undo:
            self._removed.interrupt()
            base = self.pieces.add(self._seq, self._pointer, text)
        elif text:
            back = self._removed.put_back(text, (self._doc, line, start)) if self._is_undo else []
            self._removed.interrupt()
            base = self._add(text, self._with_removed(back, text))
        if line == end_line and "\n" not in text and "\r" not in text and (start or text):
            self._standing[self._doc].change(document, line, start, end, base, len(text))
            self._touch(line, line, line)
        else:
            self._splice(document, (line, start, end_line, end), base, text)

    def _remove(self, document: Document, line: int, start: int, end_line: int, end: int) -> Traced:
        doc = self._doc
        runs = self._standing[doc].runs(document, line, start, end_line, end)
        removed = Traced(document.slice(line, start, end_line, end), runs)
        self._removed.add(removed, (doc, line, start), (doc, end_line, end))
        return removed

    def _splice(self, document: Document, place: tuple[int, int, int, int], base: int, text: str) -> None:
        line, start, end_line, end = place
        lines = document.lines
        standing = self._standing[self._doc]
        parts = [
            standing.part(document, line, 0, start),
            (base, len(text)),
            standing.part(document, end_line, end, len(lines[end_line])),
        ]
        region = lines[line][:start] + text + lines[end_line][end:]
        first = line
        if region.startswith("\n") and line and lines[line - 1].endswith("\r"):
            # The document makes one line end of the two.
            first -= 1
            parts.insert(0, standing.part(document, first, 0, len(lines[first])))
            region = lines[first] + region
        new = split_lines(region)
        if end_line < len(lines) - 1:
            new.pop()
        standing.splice(document, first, end_line, parts, map(len, new))
        self._touch(first, end_line, first + len(new) - 1)

    def _renew(self, old: Traced, text: str) -> None:
        """The text of a document becomes another one as a whole."""
        head, tail = ends(old.text, text)
        gone = old.slice(head, len(old.text) - tail)
        self._removed.interrupt()
        if gone.text:
            self._removed.add(gone, (self._doc, 0, 0), (self._doc, 0, 0))
            self._removed.interrupt()
        copies = self._with_removed(_kept(old, text), text)
        self._standing[self._doc] = Standing(self._add(text, copies))
        # What follows a CR decides where its line ends.
        before = head - text[:head].endswith("\r")
        self.touched = _line_of(text, before), _line_of(text, len(text) - tail)

    def _with_removed(self, copies: list[Copy], text: str) -> list[Copy]:
        """`copies`, and what in the rest of the text is a copy of what was removed."""
        found = list(copies)
        at = 0
        for start, _, length in [*copies, (len(text), 0, 0)]:
            if start > at:
                found += [
                    (at + begin, ordinal, size)
                    for begin, ordinal, size in self._removed.copies(text[at:start], self._is_undo)
                ]
            at = start + length
        return sorted(found)

    def _add(self, text: str, copies: list[Copy]) -> int:
        base = self.pieces.add(self._seq, self._pointer, text, copies)
        if copies:
            self.inserted.append((base, len(text), copies))
        return base

    def _whole(self, document: Document) -> Traced:
        last = len(document.lines) - 1
        runs = self._standing[self._doc].runs(document, 0, 0, last, len(document.lines[last]))
        return Traced(document.text, runs)

    def _touch(self, first: int, last: int, new_last: int) -> None:
        """The lines `first` to `last` became the lines `first` to `new_last`."""
        if self.touched is None:
            self.touched = first, new_last
            return

        def moved(line: int, inside: int) -> int:
            if line < first:
                return line
            return line + new_last - last if line > last else inside

        low, high = self.touched
        self.touched = min(first, moved(low, first)), max(new_last, moved(high, new_last))


def _is_whole(document: Document, line: int, start: int, end_line: int, end: int) -> bool:
    lines: Sequence[str] = document.lines
    return line == start == 0 and end_line == len(lines) - 1 and end == len(lines[end_line])


def _kept(old: Traced, text: str) -> list[Copy]:
    return [
        copy for start, at, length in same(old.text, text) for copy in old.copies(start, start + length, at)
    ]


def _line_of(text: str, offset: int) -> int:
    """The line of a text in which a place lies."""
    if offset and text[offset - 1 : offset + 1] == "\r\n":
        offset -= 1
    return len(split_lines(text[:offset])) - 1
