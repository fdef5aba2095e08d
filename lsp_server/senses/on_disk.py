"""A file as it lies on the disk: its text, where it has one that is worth telling."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from lsp_server.workspace.manifest import FILE_BYTES_MAX

_BOM = "\ufeff"


class OnDisk(NamedTuple):
    """The bytes of a file, its text without a byte order mark, when it was written (seconds since 1970).

    `since`: when it was in its place at the latest; a file that is moved there was written before.
    """

    data: bytes
    text: str
    written_at: float
    since: float

    @property
    def digests(self) -> frozenset[str]:
        """The SHA-256 of its bytes, and of its text."""
        return frozenset((sha256(self.data).hexdigest(), sha256(self.text.encode()).hexdigest()))


def read(path: Path) -> OnDisk | None:
    """The file at `path`; None where it is too large, no text, or no file but a link, a pipe or a folder.

    Raises OSError where there is none.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > FILE_BYTES_MAX:
        return None
    # What it was a moment ago may be a pipe by now.
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    )
    descriptor = os.open(path, flags)
    with open(descriptor, "rb") as stream:  # noqa: PTH123
        found = os.fstat(descriptor)
        data = stream.read(FILE_BYTES_MAX + 1) if stat.S_ISREG(found.st_mode) else b"\0"
    if len(data) > FILE_BYTES_MAX or b"\0" in data:
        return None
    try:
        text = data.decode().removeprefix(_BOM)
    except UnicodeDecodeError:
        return None
    return OnDisk(data, text, found.st_mtime, max(found.st_mtime, found.st_ctime))


def as_checked_out(data: bytes, size: int, like: str) -> str | None:
    """The text of a content of git as it lay in the working tree, where it had `size` bytes.

    A size of 0 says nothing: then its lines ended like those of `like`.
    """
    try:
        text = data.decode().removeprefix(_BOM)
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    had_crlf = size == len(data) + data.count(b"\n") if size else "\r\n" in like
    return text.replace("\n", "\r\n") if had_crlf and "\r\n" not in text else text
