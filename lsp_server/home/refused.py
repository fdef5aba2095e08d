"""Lines that were set aside: kept on the disk, with a `gap` in their place on the wire."""

from __future__ import annotations

import os
from pathlib import Path


class Refused:
    """The lines of one session that did not leave; they outlive its other files."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, lines: list[bytes]) -> None:
        """Keep lines, on the disk when this returns. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        with self._path.open("ab") as stream:
            stream.write(b"".join(line + b"\n" for line in lines))
            stream.flush()
            os.fsync(stream.fileno())

    def forget(self) -> None:
        """Drop them all: what was taken back may be among them."""
        self._path.unlink(missing_ok=True)
