"""The reflog files of a repository, read from where they were read last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lsp_server.senses.reflog import Move, read

#: What is read of one log at once.
_BYTES_MAX = 4 * 1024 * 1024


class Reflog:
    """One log: what was added to it since the last look."""

    def __init__(self, path: Path, is_new: bool = False) -> None:
        """`is_new`: it was not there at the last look, so all of it was added since."""
        self._path = path
        self._file = 0
        self._size = 0
        self._last = b""
        if not is_new:
            self.moves()

    def moves(self) -> list[Move]:
        """The moves since the last call, in their order."""
        try:
            found = self._path.stat()
            if (found.st_ino, found.st_size) == (self._file, self._size):
                return []
            is_other = self._size > 0 and (found.st_ino != self._file or found.st_size < self._size)
            start = max(0 if is_other else self._size, found.st_size - _BYTES_MAX)
            data = _bytes(self._path, start)
        except OSError:
            self._size, self._last = 0, b""
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._file, self._size = found.st_ino, start + len(whole)
        if is_other:
            # It was written anew, shorter: what is known ends with the line that was the last.
            at = whole.rfind(self._last)
            whole = whole[at + len(self._last) :] if at >= 0 else b""
        lines = whole.splitlines(keepends=True)
        self._last = lines[-1] if lines else self._last
        return list(_read_all(lines))

    @property
    def exists(self) -> bool:
        """Whether the repository keeps this log."""
        return self._path.is_file()


class StashLog:
    """The log of the stash: an entry that is taken away is taken out of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = self._read()

    def moves(self) -> list[Move]:
        """What was put there and taken away since the last call."""
        before, self._entries = self._entries, self._read()
        gone = {it.after for it in before} - {it.after for it in self._entries}
        known = {it.after for it in before}
        added = [it for it in self._entries if it.after not in known]
        dropped = [it._replace(action="stash", how="drop") for it in before if it.after in gone]
        return dropped + [it._replace(action="stash", how=None) for it in added]

    def _read(self) -> list[Move]:
        try:
            return list(_read_all(_bytes(self._path, 0).splitlines(keepends=True)))
        except OSError:
            return []


class RefLogs:
    """The logs below one folder, one for each ref: `refs/heads` or `refs/remotes`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logs = {name: Reflog(folder / name) for name in self._names()}

    def moves(self) -> tuple[list[tuple[str, Move]], set[str]]:
        """The moves since the last call with the name of their ref, and the refs whose logs are gone."""
        names = self._names()
        gone = self._logs.keys() - names
        for name in gone:
            del self._logs[name]
        for name in names - self._logs.keys():
            self._logs[name] = Reflog(self._folder / name, is_new=True)
        return [(name, move) for name in sorted(self._logs) for move in self._logs[name].moves()], gone

    def _names(self) -> set[str]:
        return {
            (Path(place) / name).relative_to(self._folder).as_posix()
            for place, _, names in os.walk(self._folder)
            for name in names
            if not name.endswith(".lock") and name != "HEAD"
        }


def _bytes(path: Path, start: int) -> bytes:
    """The bytes of a file from `start` on. A repository may be hostile: what is no file is not opened."""
    if not path.is_file():
        raise FileNotFoundError(path)
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(_BYTES_MAX)


def _read_all(lines: list[bytes]) -> Iterator[Move]:
    for line in lines:
        move = read(line.decode("utf-8", "replace").rstrip("\n"))
        if move is not None:
            yield move
