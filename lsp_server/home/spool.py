"""A session's spool: lines appended to a file, in the kernel's hands when `append` returns.

A disk that is full, or gone, is an answer and no exception. What cannot be written waits in memory, in its
order, until it can or until memory holds enough; `append` says how many lines it took, and the file never
holds half a line in front of a whole one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lsp_server.home.rewriting import replace
from pairlog.frame import whole_lines

#: A note to the sender in an `open`: the characters, in units of the whole text, that must not leave.
HIDDEN = "hidden"
#: What may wait in memory for a disk that is full: hours of typing, and little beside an editor.
WAITING_BYTES_MAX = 8 * 1024 * 1024


class Spool:
    """One file, one writer. Lines are appended only; `sync` brings them to the disk."""

    def __init__(self, path: Path, waiting_bytes_max: int = WAITING_BYTES_MAX) -> None:
        """Make the file. Raises OSError where that fails."""
        self.path = path
        #: Why the last write did not take everything; None after one that did.
        self.trouble: str | None = None
        #: Lines that were taken and cannot be written yet.
        self.waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._waiting_bytes_max = waiting_bytes_max
        self._size = 0
        self._dirty = False
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o600)

    def append(self, lines: list[bytes]) -> int:
        """Write lines, each with its line break, in one call; returns how many were taken, the first ones.

        Nothing waits in memory for a file without its first line: there is no session yet.
        """
        taken = 0
        if not self.waiting:
            taken = self._write(lines)
            if taken == len(lines) or self._size == 0:
                return taken
        for line in lines[taken:]:
            if self._waiting_bytes + len(line) > self._waiting_bytes_max:
                break
            self.waiting.append(line)
            self._waiting_bytes += len(line)
            taken += 1
        return taken

    def drain(self) -> None:
        """Write what waits, as far as it goes."""
        if self.waiting:
            count = self._write(self.waiting)
            self._waiting_bytes -= sum(map(len, self.waiting[:count]))
            del self.waiting[:count]

    def lines(self) -> list[bytes]:
        """All lines, without their line breaks; those that cannot be written yet are not among them."""
        return whole_lines(self.path.read_bytes())[0]

    def rewrite(self, lines: list[bytes]) -> None:
        """Hold these lines, on the disk when this returns, in the place of all. Raises OSError."""
        replace(self.path, lines)
        os.close(self._descriptor)
        self._descriptor = os.open(self.path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
        self._size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self._dirty = False

    def withdraw(self) -> None:
        """Drop the newest of the lines that wait."""
        self._waiting_bytes -= len(self.waiting.pop())

    def _write(self, lines: list[bytes]) -> int:
        """Write lines in one call; returns how many are whole in the file."""
        data = b"".join(lines)
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            self.trouble = error.strerror or str(error)
            written = 0
        if written == len(data):
            self._size += written
            self._dirty = True
            self.trouble = None
            return len(lines)
        return self._keep_whole_lines(data, written)

    def sync(self) -> None:
        """Bring what was appended to the disk; costs nothing where nothing was."""
        if self._dirty:
            self._dirty = False
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self.trouble = error.strerror or str(error)

    @property
    def size(self) -> int:
        """The bytes of the lines in the file."""
        return self._size

    def is_removed(self) -> bool:
        """Whether the file's name is gone: its session was erased at the collector."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> bool:
        """Bring everything to the disk and let go of the file; False where lines still waited, now lost."""
        self.drain()
        self.sync()
        os.close(self._descriptor)
        # The number may soon be another file's.
        self._descriptor = -1
        return not self.waiting

    def _keep_whole_lines(self, data: bytes, written: int) -> int:
        """After a short write: the sender may have read its whole lines already, so those stay."""
        if self.trouble is None or written:
            self.trouble = "No space left on device"
        whole = data.rfind(b"\n", 0, written) + 1
        self._size += whole
        self._dirty = self._dirty or whole > 0
        with suppress(OSError):
            os.ftruncate(self._descriptor, self._size)
            os.lseek(self._descriptor, self._size, os.SEEK_SET)
        return data.count(b"\n", 0, whole)
