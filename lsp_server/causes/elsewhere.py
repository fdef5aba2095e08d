"""Where a text that was put in may come from: what was taken out lately, and what stands in a document."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from lsp_server.causes.hunk import Hunk
from pairlog.document import Document

_PIECES_MAX = 16
#: Shorter texts are the same by chance.
_MOVED_MIN = 2
_COPIED_MIN = 4
#: Longer ones are not looked for: a text of this length takes some milliseconds.
_DOCUMENT_CHARS_MAX = 2 * 1024 * 1024


class Elsewhere:
    """The open documents of a session, and the last 16 pieces that were taken out of them."""

    def __init__(self, documents: Callable[[], Iterable[Document]]) -> None:
        self._documents = documents
        self._pieces: deque[str] = deque(maxlen=_PIECES_MAX)

    def took(self, removed: str) -> None:
        """A piece was taken out."""
        if len(removed.strip()) >= _MOVED_MIN:
            self._pieces.append(removed)

    def was_taken(self, text: str) -> bool:
        """Whether this was taken out before, blanks at its ends aside; or is a part of what was."""
        body = text.strip()
        if len(body) < _MOVED_MIN:
            return False
        return any(
            body == piece.strip() or (len(body) >= _COPIED_MIN and body in piece) for piece in self._pieces
        )

    def stands(self, hunk: Hunk, here: Document) -> bool:
        """Whether what was put in here also stands at another place: as it is, or in lines indented anew."""
        body = hunk.inserted.strip()
        if len(body) < _COPIED_MIN:
            return False
        for document in self._documents():
            if sum(map(len, document.lines)) > _DOCUMENT_CHARS_MAX:
                continue
            own = 1 if document is here else 0
            if "\n" not in body and "\r" not in body:
                if sum(line.count(body) for line in document.lines) > own:
                    return True
            elif document.text.count(body) > own or _has_lines(document, hunk, bool(own)):
                return True
        return False


def _has_lines(document: Document, hunk: Hunk, is_here: bool) -> bool:
    wanted = {line.strip() for line in hunk.inserted.splitlines()}
    lines = document.lines
    if is_here:
        lines = lines[: hunk.line] + lines[hunk.end[0] + 1 :]
    return wanted <= {"", *(line.strip() for line in lines)}
