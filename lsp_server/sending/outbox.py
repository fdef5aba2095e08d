"""A session's outbox: the very lines that are uploaded, on the disk before any of them leaves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lsp_server.home.rewriting import replace
from pairlog.frame import whole_lines
from pairlog.line import LineError, parse

_SEQ = re.compile(rb'\{"seq":(\d+),"t":(\d+),"type":"(\w+)"')
_TAIL_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024


class Head(NamedTuple):
    """What stands at the front of a line. `last` is its seq, or its `through`."""

    seq: int
    last: int
    t: int
    type: str


def head(line: bytes) -> Head:
    """The front of a line. Raises LineError where it is no event."""
    match = _SEQ.match(line)
    if match is not None and match[3] not in (b"gap", b"forget"):
        seq = int(match[1])
        return Head(seq, seq, int(match[2]), match[3].decode())
    body = parse(line)
    through = body.get("through")
    seq = body["seq"]
    return Head(seq, through if isinstance(through, int) else seq, body["t"], body["type"])


def last_seq(path: Path) -> int:
    """The seq of the last whole, readable line of a file; -1 where there is none."""
    try:
        with path.open("rb") as stream:
            size = tail = stream.seek(0, os.SEEK_END)
            tail = min(tail, _TAIL_BYTES)
            while True:
                stream.seek(size - tail)
                lines, _ = whole_lines(stream.read(tail))
                for line in reversed(lines):
                    found = _SEQ.match(line)
                    if found:
                        return int(found[1])
                if tail == size:
                    return -1
                # A line may be longer than what was read.
                tail = min(size, tail * 8)
    except OSError:
        return -1


class Batch(NamedTuple):
    """Consecutive lines and the offset behind them."""

    lines: list[bytes]
    end: int


class Outbox:
    """One file, appended by one sender.

    It is cut at the first line that cannot be read, and of course at a torn tail, when it is opened: the
    spool holds all that follows until the session is delivered, and gives the same lines again.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises OSError."""
        self.path = path
        self.first: Head | None = None
        self.last: Head | None = None
        self.size = 0
        #: As much of it is on the disk: the size and the last line.
        self._synced: tuple[int, Head | None] = (0, None)
        #: The last lines appended, and where: they are sent next, mostly.
        self._fresh: tuple[int, list[bytes]] = (-1, [])
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        for line in self.lines():
            try:
                self.last = head(line)
            except LineError:
                break
            self.first = self.first or self.last
            self.size += len(line) + 1
        os.ftruncate(self._descriptor, self.size)
        self._synced = (self.size, self.last)

    @property
    def expected(self) -> int:
        """The seq that comes next."""
        return 0 if self.last is None else self.last.last + 1

    @property
    def is_ended(self) -> bool:
        """Whether the last line is the session's `end`."""
        return self.last is not None and self.last.type == "end"

    def append(self, lines: list[bytes]) -> None:
        """Add lines; `sync` brings them to the disk. Raises OSError, and then holds what it held before."""
        data = b"".join(line + b"\n" for line in lines)
        os.lseek(self._descriptor, self.size, os.SEEK_SET)
        try:
            if os.write(self._descriptor, data) < len(data):
                raise OSError(28, "No space left on device")
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        at, fresh = self._fresh
        self._fresh = (at, fresh + lines) if self.size > self._synced[0] else (self.size, lines)
        self.size += len(data)
        self.last = head(lines[-1])
        self.first = self.first or head(lines[0])

    def sync(self) -> None:
        """Wait for the disk, where something is new. Raises OSError, and drops what is not there."""
        if self.size == self._synced[0]:
            return
        try:
            os.fsync(self._descriptor)
        except OSError:
            self.size, self.last = self._synced
            self.first = self.first if self.size else None
            self._fresh = (-1, [])
            os.ftruncate(self._descriptor, self.size)
            raise
        self._synced = (self.size, self.last)

    def batch(self, offset: int, lines_max: int, bytes_max: int) -> Batch:
        """At most so many lines and bytes from `offset` on, but one line where there is one."""
        lines: list[bytes] = []
        at, fresh = self._fresh
        for line in fresh if offset == at else self.lines(offset):
            if lines and (len(lines) == lines_max or len(line) > bytes_max):
                break
            lines.append(line)
            offset += len(line) + 1
            bytes_max -= len(line)
        return Batch(lines, offset)

    def offset_behind(self, seq: int) -> int:
        """Where the first line that stands for more than `seq` begins; the file's end where none does."""
        offset = 0
        if seq < 0:
            return 0
        for line in self.lines():
            if head(line).last > seq:
                break
            offset += len(line) + 1
        return offset

    def find(self, seq: int) -> bytes | None:
        """The line with this seq."""
        return next((line for line in self.lines() if head(line).seq == seq), None)

    def rewrite(self, lines: Sequence[bytes]) -> None:
        """Hold these lines in the place of all, whole or not at all. Raises OSError."""
        replace(self.path, lines)
        os.close(self._descriptor)
        self._descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        self.size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self._fresh = (-1, [])
        self.first = head(lines[0]) if lines else None
        self.last = head(lines[-1]) if lines else None
        self._synced = (self.size, self.last)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def lines(self, offset: int = 0) -> Iterator[bytes]:
        """The whole lines from `offset` on."""
        with self.path.open("rb") as stream:
            stream.seek(offset)
            rest = b""
            while chunk := stream.read(_CHUNK_BYTES):
                lines, rest = whole_lines(rest + chunk)
                yield from lines
