"""What files were before they changed, where that is not what git has of them.

Read once, in the thread that asks, up to a bound; of the files beyond it nothing is known.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from lsp_server.senses.on_disk import read
from lsp_server.workspace.git import object_id
from lsp_server.workspace.index import Indexed
from lsp_server.workspace.manifest import FILE_BYTES_MAX

#: What is read at one look, as a time alone says nothing of a text, and what is kept.
_READ_FILES_MAX = 4096
_READ_BYTES_MAX = 32 * 1024 * 1024
_KEPT_FILES_MAX = 256
_KEPT_CHARS_MAX = 8 * 1024 * 1024


class Before:
    """Texts by path, and the paths of which only this is known: git's text is not theirs. For one thread."""

    def __init__(self, root: Path, denies: Callable[[str], bool]) -> None:
        """`denies` says whether a tracked file must not be told; such a one is not read."""
        self._root = root
        self._denies = denies
        self._texts: dict[str, str] = {}
        self._unknown: set[str] = set()
        #: How those were found that did not stand as git left or took them, at the last look.
        self._found: dict[str, tuple[int, int] | None] = {}

    def look(self, entries: Iterable[Indexed], known: Callable[[list[str]], set[str]]) -> None:
        """Take in what those of these files are that stand other than git left or took them.

        `known` gives those of them that need no look. Those that were written last are read first.
        """
        changed: dict[str, tuple[float, int, Indexed]] = {}
        self._found.clear()
        for entry in entries:
            self.drop(entry.path)
            found = self._find(entry)
            if found is not None and entry.stands(found):
                continue
            self._found[entry.path] = _stamp(found)
            if found is not None and entry.is_file and stat.S_ISREG(found.st_mode):
                changed[entry.path] = found.st_mtime, found.st_size, entry
        for path in known(list(changed)) if changed else ():
            del changed[path]
        files, room = _READ_FILES_MAX, _READ_BYTES_MAX
        for _, size, entry in sorted(changed.values(), reverse=True):
            if files == 0 or size > min(room, FILE_BYTES_MAX):
                self.take(entry.path, None)
            elif not self._denies(entry.path):
                files, room = files - 1, room - size
                self._read(entry)

    def since_look(self, entries: Iterable[Indexed]) -> list[str]:
        """The paths of those files, all of which were looked at last, that stand otherwise since."""
        changed = []
        for entry in entries:
            found = self._find(entry)
            if entry.path in self._found:
                is_as_found = self._found[entry.path] == _stamp(found)
            else:
                is_as_found = found is not None and entry.stands(found)
            if not is_as_found:
                changed.append(entry.path)
        return changed

    def has(self, path: str) -> bool:
        """Whether git's text is not what this file was."""
        return path in self._texts or path in self._unknown

    def text(self, path: str) -> str | None:
        """What this file was, where that is known."""
        return self._texts.get(path)

    def take(self, path: str, text: str | None) -> None:
        """This file has this text; None where nobody knows."""
        self.drop(path)
        chars = sum(map(len, self._texts.values()))
        if text is None or len(self._texts) == _KEPT_FILES_MAX or chars + len(text) > _KEPT_CHARS_MAX:
            self._unknown.add(path)
        else:
            self._texts[path] = text

    def drop(self, path: str) -> None:
        """What this file was is told, or is what git has."""
        self._texts.pop(path, None)
        self._unknown.discard(path)

    def move(self, path: str, new: str) -> None:
        """A file has another path now."""
        if self.has(path):
            text = self._texts.get(path)
            self.drop(path)
            self.take(new, text)

    def _find(self, entry: Indexed) -> os.stat_result | None:
        try:
            return (self._root / entry.path).lstat()
        except OSError:
            return None

    def _read(self, entry: Indexed) -> None:
        try:
            found = read(self._root / entry.path)
        except OSError:
            return
        if found is None or entry.is_unmerged or object_id(found.data, entry.id) != entry.id:
            self.take(entry.path, None if found is None else found.text)


def _stamp(found: os.stat_result | None) -> tuple[int, int] | None:
    return None if found is None else (found.st_mtime_ns, found.st_size)
