"""The documents of a session: their numbers, stable over rename and reopen, and the text of the open ones."""

from __future__ import annotations

from collections.abc import Iterator

from lsp_server.causes.history import History
from lsp_server.causes.reason import Reason
from lsp_server.workspace.gate import Gate
from pairlog.document import Document
from pairlog.events import PositionEncoding


class Tracked:
    """A document that the editor has open."""

    __slots__ = ("cause", "document", "history", "language", "live", "lost", "number", "path", "version")

    def __init__(
        self, number: int, path: str, language: str | None, version: int, document: Document
    ) -> None:
        self.number = number
        self.path = path
        self.language = language
        self.version = version
        self.document = document
        self.history = History(document)
        #: Its text is known; not so after a change that could not be read.
        self.live = True
        #: Changes that were not recorded since it is not live.
        self.lost = 0
        #: Why its next change happens.
        self.cause: Reason | None = None

    def replace(self, text: str) -> None:
        """Take another text for this one, which no edit leads to."""
        self.document.apply([(0, 0, -1, 0, text)])
        self.history = History(self.document)


class Documents:
    """All documents of a session, by the address that the client gives them."""

    def __init__(self, gate: Gate, encoding: PositionEncoding) -> None:
        self.gate = gate
        self.folder = gate.folder
        self.by_uri: dict[str, Tracked] = {}
        #: Open in the editor and not recorded: outside the folder, denied, or too long.
        self.left_out: set[str] = set()
        self._encoding = encoding
        self._numbers: dict[str, int] = {}
        self._given = 0

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
        number = self._numbers.get(path)
        if number is None:
            # A number is never given twice, also where its path is forgotten or another one took it over.
            self._given += 1
            number = self._numbers[path] = self._given
        doc = Tracked(number, path, language, version, Document(text, self._encoding))
        self.by_uri[uri] = doc
        self.left_out.discard(uri)
        return doc

    def close(self, uri: str) -> Tracked | None:
        """Let go of a document; None where it was not open."""
        self.left_out.discard(uri)
        doc = self.find(uri)
        self._let_go(doc)
        return doc

    def leave_out(self, uri: str) -> Tracked | None:
        """Follow what happens at this address no more; returns the document that was open there."""
        doc = self.find(uri)
        self.left_out |= {uri, *self._let_go(doc)}
        return doc

    def moves(self, old_path: str, new_path: str) -> list[tuple[str, str]]:
        """The paths known so far that a rename of a file or a folder moves, each with its new one.

        A document that the editor has already opened under its new path keeps the number it got there.
        """
        below = old_path + "/"
        opened = {doc.path for doc in self}
        found = [path for path in self._numbers if path == old_path or path.startswith(below)]
        moved = [(path, new_path + path[len(old_path) :]) for path in found]
        return [(path, new) for path, new in moved if new not in opened]

    def move(self, path: str, new: str) -> int:
        """Give a path's number to its new path; returns it."""
        number = self._numbers[new] = self._numbers.pop(path)
        for doc in self:
            if doc.number == number:
                doc.path = new
        return number

    def forget(self, path: str) -> Tracked | None:
        """Follow a path no more, nor its number; returns the document that was open there."""
        del self._numbers[path]
        doc = next((doc for doc in self if doc.path == path), None)
        self.left_out |= self._let_go(doc)
        return doc

    def _let_go(self, doc: Tracked | None) -> set[str]:
        """Take a document's addresses away; returns them."""
        spellings = {spelling for spelling, found in self.by_uri.items() if found is doc}
        for spelling in spellings:
            del self.by_uri[spelling]
        return spellings
