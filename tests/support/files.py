"""What files hold while a process is at work on them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def contents(folder: Path) -> dict[Path, bytes]:
    """The bytes of each file below a folder; one that goes away meanwhile holds nothing any more."""
    found = {}
    for file in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            if file.is_file():
                found[file] = file.read_bytes()
    return found
