"""The documents of a session: their numbers, stable over rename and reopen, and the text of the open ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from lsp_server.causes.history import History
from lsp_server.causes.reason import Reason
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.manifest import FILE_BYTES_MAX
from pairlog.document import Document
from pairlog.events import PositionEncoding, Source

#: The last edit of a document: its seq, -1 where that line is not of this session; its `t`; whether a
#: client said why it happened. No class, because a key makes one.
LastEdit: TypeAlias = tuple[int, int, bool]

#: What is followed of files that no editor has open; beyond it those that changed longest ago are let go.
_ON_DISK_MAX = 256
_ON_DISK_CHARS_MAX = 8 * 1024 * 1024


class Tracked:
    """A document whose text is followed: open in the editor, or changed on disk."""

    __slots__ = (
        *("cause", "document", "edited", "has_forgotten", "history", "is_exact", "is_gone", "is_told"),
        *("is_unread", "language", "live", "lost", "number", "path", "place", "saved", "source", "version"),
        "written",
    )

    def __init__(
        self,
        number: int,
        path: str,
        language: str | None,
        version: int,
        document: Document,
        source: Source = "editor",
    ) -> None:
        self.number = number
        #: Who said what its text is.
        self.source: Source = source
        #: It belongs to the story: the editor opened it, or its file changed.
        self.is_told = source == "editor"
        #: Its last edit since it was opened, saved or read anew; None where the file has its text.
        self.edited: LastEdit | None = None
        #: Its file was deleted while it is open.
        self.is_gone = False
        #: The SHA-256 of the file as it was saved last.
        self.saved: str | None = None
        #: The text of its file as it was opened, saved or read last; None where it is not known, or long.
        self.written: str | None = None
        #: That text is the file's to the letter; an editor may send other line ends than it writes.
        self.is_exact = source != "editor"
        #: Its file was too large to be read, or no text.
        self.is_unread = False
        self.path = path
        #: The path of its file, where `path` leads there by a link.
        self.place = path
        self.language = language
        self.version = version
        self.document = document
        self.history = History(document)
        #: Its text is known; not so after a change that could not be read.
        self.live = True
        #: Changes that were not recorded since it is not live.
        self.lost = 0
        #: Something stands in it that was taken back.
        self.has_forgotten = False
        #: Why its next change happens.
        self.cause: Reason | None = None

    @property
    def text_of_file(self) -> str | None:
        """The text that its file has, as far as the editor said; None where that is not known."""
        if self.is_gone:
            return None
        if self.written is None and self.live and self.edited is None:
            return self.document.text
        return self.written

    def is_written(self, text: str | None, *, is_exact: bool = False) -> None:
        """Its file has this text now, to the letter or as its editor has it; None where nobody knows."""
        is_short = text is not None and len(text) <= FILE_BYTES_MAX
        self.written, self.is_exact = text if is_short else None, is_exact

    def replace(self, text: str) -> None:
        """Take another text for this one, which no edit leads to."""
        self.document.apply([(0, 0, -1, 0, text)])
        self.history = History(self.document)


class Documents:
    """All documents of a session: those of the editor by their address there, those on disk by their path."""

    def __init__(self, gate: Gate, encoding: PositionEncoding) -> None:
        self.gate = gate
        self.folder = gate.folder
        self.by_uri: dict[str, Tracked] = {}
        #: What the editor has not open, and whose file has this text; the one that changed last is the last.
        self.on_disk: dict[str, Tracked] = {}
        #: Open in the editor and not recorded: outside the folder, denied, or too long.
        self.left_out: set[str] = set()
        self.encoding = encoding
        self._chars: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._given = 0

    def __iter__(self) -> Iterator[Tracked]:
        return iter(dict.fromkeys([*self.by_uri.values(), *self.on_disk.values()]))

    def await_edit(self) -> bool:
        """Whether a cause was reported and the change that it explains has not come yet."""
        return any(doc.cause is not None for doc in self)

    def find(self, uri: str) -> Tracked | None:
        """The open document at this address, also where it is spelt in another way."""
        found = self.by_uri.get(uri)
        if found is not None:
            return found
        path = self.folder.path_of(uri)
        return None if path is None else self.in_editor(path)

    def in_editor(self, path: str) -> Tracked | None:
        """The document that the editor has open at this path."""
        return next((doc for doc in self.by_uri.values() if doc.path == path), None)

    def of_file(self, path: str) -> Tracked | None:
        """The document that the editor has open of this file, by whatever path it leads there."""
        found = self.in_editor(path)
        return found or next((doc for doc in self.by_uri.values() if doc.place == path), None)

    def has_met(self, path: str) -> bool:
        """Whether this path has a number: it was open, or its file changed, though its text may be let go."""
        return path in self._numbers

    def take_in(self, path: str, text: str, source: Source) -> Tracked:
        """A document for a file that no editor has open; see `keep`."""
        return Tracked(self._number(path), path, None, 0, Document(text, self.encoding), source)

    def keep(self, doc: Tracked) -> list[Tracked]:
        """Follow a file on disk, as the one that changed last; returns those that are let go for it."""
        self.on_disk.pop(doc.path, None)
        self.on_disk[doc.path] = doc
        self._chars = {path: count for path, count in self._chars.items() if path in self.on_disk}
        self._chars[doc.path] = sum(map(len, doc.document.lines))
        gone = []
        while len(self.on_disk) > _ON_DISK_MAX or sum(self._chars.values()) > _ON_DISK_CHARS_MAX:
            path = next(iter(self.on_disk))
            gone.append(self.on_disk.pop(path))
            self._chars.pop(path, None)
        return gone

    def open(self, uri: str, path: str, language: str | None, version: int, text: str) -> Tracked:
        """Take in a document that the editor opened."""
        doc = Tracked(self._number(path), path, language, version, Document(text, self.encoding))
        doc.place = self.gate.place_of(path)
        self.on_disk.pop(path, None)
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
        opened = {doc.path for doc in self.by_uri.values()}
        found = [path for path in self._numbers if path == old_path or path.startswith(below)]
        moved = [(path, new_path + path[len(old_path) :]) for path in found]
        return [(path, new) for path, new in moved if new not in opened]

    def move(self, path: str, new: str) -> int:
        """Give a path's number to its new path; returns it."""
        number = self._numbers[new] = self._numbers.pop(path)
        if path in self.on_disk:
            self.on_disk[new] = self.on_disk.pop(path)
        for doc in self:
            if doc.number == number:
                doc.path, doc.place = new, self.gate.place_of(new)
        return number

    def forget(self, path: str) -> Tracked | None:
        """Follow a path no more, nor its number; returns the document that was open there."""
        del self._numbers[path]
        doc = self.in_editor(path)
        self.left_out |= self._let_go(doc)
        return doc or self.on_disk.pop(path, None)

    def _number(self, path: str) -> int:
        number = self._numbers.get(path)
        if number is None:
            # A number is never given twice, also where its path is forgotten or another one took it over.
            self._given += 1
            number = self._numbers[path] = self._given
        return number

    def _let_go(self, doc: Tracked | None) -> set[str]:
        """Take a document's addresses away; returns them."""
        spellings = {spelling for spelling, found in self.by_uri.items() if found is doc}
        for spelling in spellings:
            del self.by_uri[spelling]
        return spellings
