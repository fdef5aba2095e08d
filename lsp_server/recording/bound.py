"""The bound on what waits in a home: recording pauses above it, so that no disk fills up unnoticed."""

from __future__ import annotations

import os
from pathlib import Path

from pairlog.home import Home

#: What others do to the home is looked at this often; what this recorder writes at once.
_LOOK_TICKS = 30


class Bound:
    """Asked once a second. It reads the folders only where this recorder wrote, or every half minute."""

    def __init__(self, home: Home, bytes_max: int) -> None:
        self._folders = (home.spool, home.outbox)
        self._bytes_max = bytes_max
        self._written = -1
        self._ticks = 0
        self.is_exceeded = False

    def look(self, written: int) -> bool:
        """Whether spool and outbox hold too much; `written` is the size of the recorder's own spool."""
        self._ticks += 1
        if self.is_exceeded or written != self._written or self._ticks % _LOOK_TICKS == 0:
            self._written = written
            self.is_exceeded = sum(map(_bytes_in, self._folders)) > self._bytes_max
        return self.is_exceeded

    def __str__(self) -> str:
        return f"more than {self._bytes_max} bytes wait to be sent (spool_bytes_max)"


def _bytes_in(folder: Path) -> int:
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    total += entry.stat().st_size
                except OSError:
                    continue
    except OSError:
        return total
    return total
