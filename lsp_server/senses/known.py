"""What a session knows of files: asked by a sense's thread, answered in the event loop's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lsp_server.recording.documents import Documents
from lsp_server.recording.outside import Base


class Known(NamedTuple):
    """A file that is followed: the hash of its last save where the editor has it, else its text.

    `is_exact`: it is known to the letter what the file had, not only as its editor has it.
    """

    saved: str | None
    is_exact: bool
    base: Base | None


class Moved(NamedTuple):
    """A path that the session has met, and its new one; `text`: its file's, where the editor has it."""

    path: str
    renamed: str
    is_on_disk: bool
    text: str | None


def known(documents: Documents, paths: Iterable[str]) -> tuple[dict[str, Known], set[str]]:
    """The files that are followed, and those of all of them that the session has met."""
    found = {}
    for path in paths:
        open_there, on_disk = documents.of_file(path), documents.on_disk.get(path)
        if open_there is not None:
            found[path] = Known(open_there.saved, open_there.is_exact, None)
        elif on_disk is not None:
            base = Base(on_disk.document.text, on_disk.source, on_disk)
            found[path] = Known(None, on_disk.is_exact, base)
    return found, met(documents, paths)


def met(documents: Documents, paths: Iterable[str]) -> set[str]:
    """Those of the files whose text the session had, though it may have let go of it."""
    return {path for path in paths if documents.has_met(path)}


def moves(documents: Documents, old: str, new: str) -> list[Moved]:
    """What the session has met of a file or a folder that another program moves."""
    in_editor = {doc.path: doc for doc in documents.by_uri.values()}
    found = []
    for path, renamed in documents.moves(old, new):
        doc = in_editor.get(path)
        text = None if doc is None else doc.text_of_file
        found.append(Moved(path, renamed, path in documents.on_disk, text))
    return found
