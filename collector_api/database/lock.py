"""One process at a time, for a store that is a file: a lock that ends with it, however that is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pairlog.errors import UserError

EXPORT_UNDER_WAY = "another export to a lake is under way on this store; try again when it has ended"


class StoreLock:
    """Held from its making until the end of its `with`.

    Raises UserError, which says `refusal`, where another process holds it.
    """

    def __init__(self, file: Path, refusal: str) -> None:
        self._stream = file.open("a+b")
        try:
            _lock(self._stream.fileno())
        except OSError:
            self._stream.close()
            raise UserError(refusal) from None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self._stream.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
