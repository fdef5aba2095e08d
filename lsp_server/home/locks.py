"""A lock on a file that the operating system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pairlog.errors import UserError

if sys.platform == "win32":
    import msvcrt

    #: Locked bytes cannot be read on Windows, so one far behind the content is taken.
    _OFFSET = 1 << 30

    def _lock(descriptor: int, wait: bool) -> None:
        os.lseek(descriptor, _OFFSET, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


class FileLock:
    """An exclusive lock, held until `release` or the end of the process. Made by `acquire`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, text: str) -> None:
        """Replace what the locked file says."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text.encode())

    def release(self, remove: bool = False) -> None:
        """Let go; `remove` deletes the file first, while nobody else can hold it."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def acquire(path: Path, wait: bool = False) -> FileLock | None:
    """The lock on the file at `path`, made where it is missing; None where another process holds it.

    Raises UserError where the file system knows no locks.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, wait)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise UserError(
                f"{path.parent} lies on a file system without locks ({error.strerror}); "
                "set PAIRLOG_HOME to a folder on a local disk"
            ) from None
        if _still_there(path, descriptor):
            return FileLock(path, descriptor)
        # Its last holder removed the file between our opening and our locking it.
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock on `path`. Makes no file."""
    if not path.exists():
        return False
    lock = acquire(path)
    if lock is None:
        return True
    lock.release()
    return False


def _still_there(path: Path, descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
