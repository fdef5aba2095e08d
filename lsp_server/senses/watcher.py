"""What watches folders, and what it tells."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Protocol


class Stirred(NamedTuple):
    """Something happened to a name in a watched folder.

    `pair` is the same for both ends of a move, 0 where nothing moved; `is_new`: it was made here.
    """

    path: Path
    is_folder: bool
    is_new: bool
    pair: int


class Watcher(Protocol):
    """Tells what stirs in the folders that it was asked to watch, in a thread of its own."""

    def watch(self, folder: Path) -> None:
        """Watch a folder, not those in it. One that is gone is passed over. Raises OSError."""

    def unwatch(self, folders: Collection[Path]) -> None:
        """Watch these folders, and those below them, no more."""

    def close(self) -> None:
        """Watch nothing any more; the thread ends."""
