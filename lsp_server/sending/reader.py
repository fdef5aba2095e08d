"""A spool as the sender reads it: what is new in it, and whether it was written anew."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path

from pairlog.frame import whole_lines

#: What a person types in a second fits the first; what is asked for is reserved before it is read.
_READ_BYTES = 16 * 1024
_READ_BYTES_MAX = 4 * 1024 * 1024


class SpoolReader:
    """Reads one file from its beginning, a piece at a time. The file stays open: it is read once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: FileIO | None = None
        self._inode = 0
        self._read = self._seen = 0
        #: Nothing was left behind the last piece.
        self.has_read_all = False

    def look(self) -> bool:
        """Whether there is more to read than the last piece showed.

        A recorder that forgets writes its file anew: raises StaleError, and reading must start over.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        if self._stream is not None and found.st_ino != self._inode:
            raise StaleError
        return found.st_size != self._seen

    def read(self) -> tuple[list[bytes], bytes]:
        """New whole lines, and what stands behind them. Raises OSError."""
        if self._stream is None:
            try:
                self._stream = FileIO(self._path)
            except FileNotFoundError:
                self.has_read_all = True
                return [], b""
            self._inode = os.fstat(self._stream.fileno()).st_ino
        stream = self._stream
        stream.seek(self._read)
        data = stream.read(_READ_BYTES) or b""
        while (len(data) == _READ_BYTES or b"\n" not in data) and (more := stream.read(_READ_BYTES_MAX)):
            data += more
            if b"\n" in data:
                break
        self._seen = self._read + len(data)
        self.has_read_all = self._seen >= os.fstat(stream.fileno()).st_size
        lines, torn = whole_lines(data)
        self._read += len(data) - len(torn)
        return lines, torn

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class StaleError(Exception):
    """The file is another one than the one that was read so far."""
