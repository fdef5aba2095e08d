"""A document's text under edits: one class for the recorder, the player and processing.

Lines end at LF, CRLF and CR only, as editors count them; `str.splitlines` knows more. An edit costs what its
own lines cost, whatever the file's size.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pairlog.blocks import Blocks
from pairlog.events import Change, PositionEncoding
from pairlog.position import index

#: Called before each change with the document, still unchanged, and the change in code points:
#: `(document, line, start, end line, end, new text)`.
Observer: TypeAlias = Callable[["Document", int, int, int, int, str], None]

_BOM = "\ufeff"
#: A longer text is kept in blocks.
_LIST_CHARS_MAX = 64 * 1024


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their ends; the last one has none and may be empty."""
    if "\r" not in text:
        lines = [f"{line}\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        return lines
    lines = list(io.StringIO(text, newline=""))
    if lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def sha256(text: str) -> str:
    """The hexadecimal SHA-256 of the UTF-8 of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


class Document:
    """Text as lines, changed in place by the changes of the wire.

    Positions beyond a line's end mean its end, lines beyond the text mean its end, and a reversed range
    is read the right way round, so every change of every editor has a result.
    """

    __slots__ = ("_observer", "encoding", "lines")

    def __init__(
        self, text: str, encoding: PositionEncoding = "utf-16", observer: Observer | None = None
    ) -> None:
        lines = split_lines(text)
        #: The lines with their ends; the last one has none and may be empty.
        self.lines: list[str] | Blocks = lines if len(text) <= _LIST_CHARS_MAX else Blocks(lines, split_lines)
        self.encoding: PositionEncoding = encoding
        self._observer = observer

    @property
    def text(self) -> str:
        """The whole text."""
        lines = self.lines
        return "".join(lines) if isinstance(lines, list) else lines.text()

    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the text's UTF-8."""
        return sha256(self.text)

    def matches(self, digest: str) -> bool:
        """Whether `digest` is the hash of this text, or of this text behind a byte order mark.

        Editors keep the mark of a file to themselves; the bytes on disk have it.
        """
        text = self.text
        return digest in (sha256(text), sha256(_BOM + text))

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes of one edit, each to the text that the one before left."""
        for line, column, end_line, end_column, text in changes:
            self._replace(line, column, end_line, end_column, text)

    def span(self, change: Change) -> tuple[int, int, int, int]:
        """The line and code point where a change begins in the text as it stands, and where it ends."""
        line, column, end_line, end_column, _ = change
        if end_line == -1:
            last = len(self.lines) - 1
            return 0, 0, last, len(self.lines[last])
        start, end = self._place(line, column), self._place(end_line, end_column)
        return (*min(start, end), *max(start, end))

    def slice(self, line: int, start: int, end_line: int, end: int) -> str:
        """The text between two places given in code points, as an observer gets them."""
        if line == end_line:
            return self.lines[line][start:end]
        between = self.lines[line + 1 : end_line]
        return "".join([self.lines[line][start:], *between, self.lines[end_line][:end]])

    def _replace(self, line: int, column: int, end_line: int, end_column: int, text: str) -> None:
        lines = self.lines
        if line == end_line and 0 <= line < len(lines) and "\n" not in text and "\r" not in text:
            old = lines[line]
            # No column reaches into the line's end; the last line, which has none, goes the long way.
            last = len(old) - (2 if old[-2:] == "\r\n" else 1)
            if 0 <= column <= end_column <= last and old.isascii():
                new = old[:column] + text + old[end_column:]
                if new[0] not in "\r\n":
                    if self._observer is not None:
                        self._observer(self, line, column, line, end_column, text)
                    lines[line] = new
                    return
        self._splice(*self.span((line, column, end_line, end_column, text)), text)

    def _place(self, line: int, column: int) -> tuple[int, int]:
        """The line and code point index that a position means."""
        if line < 0:
            return 0, 0
        if line >= len(self.lines):
            last = len(self.lines) - 1
            return last, len(self.lines[last])
        return line, index(self.lines[line].rstrip("\r\n"), column, self.encoding)

    def _splice(self, line: int, start: int, end_line: int, end: int, text: str) -> None:
        lines = self.lines
        if self._observer is not None:
            self._observer(self, line, start, end_line, end, text)
        region = lines[line][:start] + text + lines[end_line][end:]
        if region.startswith("\n") and line and lines[line - 1].endswith("\r"):
            line -= 1
            region = lines[line] + region
        new = split_lines(region)
        if end_line < len(lines) - 1:
            new.pop()
        lines[line : end_line + 1] = new
