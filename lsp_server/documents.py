"""The documents of a session: their numbers, stable over rename and reopen, and the text of the open ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lsp_server.paths import Folder
from pairlog.document import Document
from pairlog.events import Cause, Evidence, PositionEncoding


class Reason(NamedTuple):
    """The cause of a change as a client reports it; named and ordered as the fields of an `edit`."""

    cause: Cause
    evidence: Evidence
    rule: str | None
    ref: str | None


class Tracked:
    """A document that the editor has open."""

    __slots__ = ("cause", "document", "language", "live", "lost", "number", "path", "version")

    def __init__(
        self, number: int, path: str, language: str | None, version: int, document: Document
    ) -> None:
        self.number = number
        self.path = path
        self.language = language
        self.version = version
        self.document = document
        #: Its text is known; not so after a change that could not be read.
        self.live = True
        #: Changes that were not recorded since it is not live.
        self.lost = 0
        #: Why its next change happens.
        self.cause: Reason | None = None


class Documents:
    """All documents of a session, by the address that the client gives them."""

    def __init__(self, folder: Folder, encoding: PositionEncoding) -> None:
        self.folder = folder
        self.by_uri: dict[str, Tracked] = {}
        #: Open in the editor and not recorded: outside the folder, or too long.
        self.left_out: set[str] = set()
        self._encoding = encoding
        self._numbers: dict[str, int] = {}

    def __iter__(self) -> Iterator[Tracked]:
        return iter(dict.fromkeys(self.by_uri.values()))

    def await_edit(self) -> bool:
        """Whether a cause was reported and the change that it explains has not come yet."""
        return any(doc.cause is not None for doc in self)

    def find(self, uri: str) -> Tracked | None:
        """The open document at this address, also where it is spelt in another way."""
        found = self.by_uri.get(uri)
        if found is not None:
            return found
        path = self.folder.path_of(uri)
        return next((doc for doc in self if doc.path == path), None) if path is not None else None

    def open(self, uri: str, path: str, language: str | None, version: int, text: str) -> Tracked:
        """Take in a document that the editor opened."""
        number = self._numbers.setdefault(path, len(self._numbers) + 1)
        doc = Tracked(number, path, language, version, Document(text, self._encoding))
        self.by_uri[uri] = doc
        self.left_out.discard(uri)
        return doc

    def close(self, uri: str) -> Tracked | None:
        """Let go of a document; None where it was not open."""
        self.left_out.discard(uri)
        doc = self.find(uri)
        for spelling in [spelling for spelling, found in self.by_uri.items() if found is doc]:
            del self.by_uri[spelling]
        return doc

    def rename(self, old_path: str, new_path: str) -> list[tuple[int, str]]:
        """Move a file, or all below a folder; returns the numbers that moved, with their new paths.

        A document that the editor has already opened under its new path keeps the number it got there.
        """
        below = old_path + "/"
        opened = {doc.path for doc in self}
        moved = []
        for path in [path for path in self._numbers if path == old_path or path.startswith(below)]:
            new = new_path + path[len(old_path) :]
            if new in opened:
                continue
            number = self._numbers.pop(path)
            self._numbers[new] = number
            moved.append((number, new))
        for number, new in moved:
            for doc in self:
                if doc.number == number:
                    doc.path = new
        return moved
