"""The pieces of text that were removed lately, to know them again where they are inserted."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

from pairlog.document import split_lines
from pairlog.intervals import Intervals
from pairlog.ordinals import Copy, Traced

#: `(doc, line, column)`
Place: TypeAlias = tuple[int, int, int]

_PIECES_MAX = 64
_CHARACTERS_MAX = 4 * 1024 * 1024
#: Keys held down remove one character each; so many become one piece.
_JOINED_MAX = 4096
_COPY_MIN = 4
_UNDO_MIN = 2
#: Pasting a text of more lines is looked at as a whole only.
_LINES_MAX = 256


class Removed:
    """The last 64 removed pieces; what is removed character by character, at one place, is one piece."""

    def __init__(self) -> None:
        self._pieces: deque[Traced] = deque()
        self._characters = 0
        self._place: Place | None = None
        #: Where the newest piece stood, and what of it is not back yet.
        self._back: tuple[Place, Traced] | None = None

    def interrupt(self) -> None:
        """Something was inserted: what is removed next is another piece."""
        self._place = None

    def add(self, piece: Traced, start: Place, end: Place) -> None:
        """A piece was removed that stood between two places of a document."""
        if self._pieces and self._place in (start, end) and len(self._pieces[-1].text) < _JOINED_MAX:
            last = self._pieces.pop()
            self._characters -= len(last.text)
            piece = piece + last if self._place == end else last + piece
        elif self._pieces and len(self._pieces[-1].text) < _UNDO_MIN:
            self._characters -= len(self._pieces.pop().text)
        self._pieces.append(piece)
        self._characters += len(piece.text)
        self._place = start
        self._back = start, piece
        while len(self._pieces) > _PIECES_MAX or (
            self._characters > _CHARACTERS_MAX and len(self._pieces) > 1
        ):
            self._characters -= len(self._pieces.popleft().text)

    def put_back(self, text: str, place: Place) -> list[Copy]:
        """What an undo inserts, where it goes on putting back the newest piece, from either end."""
        if self._back is None or self._back[0] != place:
            return []
        piece = self._back[1]
        rest = len(piece.text) - len(text)
        if piece.text.startswith(text):
            doc, line, column = place
            lines = split_lines(text)
            place = doc, line + len(lines) - 1, len(lines[-1]) + (column if len(lines) == 1 else 0)
            self._back = place, piece.slice(len(text), len(piece.text))
            return piece.copies(0, len(text), 0)
        if piece.text.endswith(text):
            self._back = place, piece.slice(0, rest)
            return piece.copies(rest, len(piece.text), 0)
        return []

    def copies(self, text: str, is_undo: bool) -> list[Copy]:
        """What of a text that is inserted is a copy, newest pieces first.

        The text as a whole in a piece; else the pieces in it; else its lines, up to their indentation, in a
        piece.
        """
        shortest = _UNDO_MIN if is_undo else _COPY_MIN
        if len(text) < shortest or text.isspace():
            return []
        whole = self._find(text, 0)
        if whole:
            return whole
        found: list[Copy] = []
        covered = Intervals()
        for piece in reversed(self._pieces):
            if shortest <= len(piece.text) < len(text) and not piece.text.isspace():
                _find_all(piece, text, covered, found)
        lines = split_lines(text)
        if 1 < len(lines) <= _LINES_MAX:
            found += self._lines(lines, covered)
        return sorted(found)

    def _find(self, text: str, at: int) -> list[Copy]:
        for piece in reversed(self._pieces):
            start = piece.text.find(text)
            if start >= 0:
                return piece.copies(start, start + len(text), at)
        return []

    def _lines(self, lines: list[str], covered: Intervals) -> list[Copy]:
        found = []
        at = 0
        for line in lines:
            body = line.strip()
            start = at + line.find(body)
            if len(body) >= _COPY_MIN and not covered.within(start, start + len(body)):
                found += self._find(body, start)
            at += len(line)
        return found


def _find_all(piece: Traced, text: str, covered: Intervals, found: list[Copy]) -> None:
    length = len(piece.text)
    at = text.find(piece.text)
    while at >= 0:
        if not covered.within(at, at + length):
            covered.add(at, at + length)
            found += piece.copies(0, length, at)
        at = text.find(piece.text, at + length)
