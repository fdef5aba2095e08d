"""inotify(7) of Linux through ctypes: one thread that sleeps in the kernel, one watch for each folder.

watchdog's own use of it loses what the kernel says of events that it dropped.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import sys
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from lsp_server.senses.watcher import Stirred

_CREATE, _CLOSE_WRITE, _DELETE = 0x100, 0x08, 0x200
_MOVED_FROM, _MOVED_TO = 0x40, 0x80
_OVERFLOW, _IGNORED, _IS_FOLDER = 0x4000, 0x8000, 0x4000_0000
_ONLY_FOLDERS, _NO_LINKS = 0x0100_0000, 0x0200_0000
#: Written, made, gone, moved. What is opened and read wakes nobody.
_MASK = _CREATE | _CLOSE_WRITE | _DELETE | _MOVED_FROM | _MOVED_TO | _ONLY_FOLDERS | _NO_LINKS
_PASSED_OVER = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)
_HEAD = struct.Struct("iIII")
_READ_BYTES = 256 * 1024


class Inotify:
    """A `Watcher`. `hear` is called in a thread of its own."""

    def __init__(self, hear: Callable[[list[Stirred]], None], overflowed: Callable[[], None]) -> None:
        """`overflowed`: the kernel had more to say than it keeps. Raises OSError without inotify."""
        if not sys.platform.startswith("linux"):
            raise OSError("no inotify on this system")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._hear = hear
        self._overflowed = overflowed
        self._folders: dict[int, Path] = {}
        self._watches: dict[Path, int] = {}
        self._lock = threading.Lock()
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        self._woken, self._wake = os.pipe()
        threading.Thread(target=self._read_all, name="inotify", daemon=True).start()

    def watch(self, folder: Path) -> None:
        """Watch a folder, not those in it. One that is gone, or that nobody can look into, is passed over.

        Raises OSError, as where the kernel's limit of watches is reached (ENOSPC).
        """
        with self._lock:
            if folder in self._watches:
                return
            try:
                watch = self._checked(
                    self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
                )
            except OSError as error:
                if error.errno in _PASSED_OVER:
                    return
                raise
            self._watches.pop(self._folders.get(watch, folder), None)
            self._folders[watch] = folder
            self._watches[folder] = watch

    def unwatch(self, folders: Collection[Path]) -> None:
        """Watch these folders, and those below them, no more."""
        gone = frozenset(folders)
        with self._lock:
            for known in [it for it in self._watches if not gone.isdisjoint((it, *it.parents))]:
                watch = self._watches.pop(known)
                self._folders.pop(watch, None)
                self._libc.inotify_rm_watch(self._descriptor, watch)

    def close(self) -> None:
        """Watch nothing any more; the thread ends."""
        os.close(self._wake)

    def _checked(self, result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result

    def _read_all(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(self._woken, select.POLLIN | select.POLLHUP)
        while not any(descriptor == self._woken for descriptor, _ in poll.poll()):
            try:
                data = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                continue
            stirred = self._parse(data)
            if stirred:
                self._hear(stirred)
        os.close(self._descriptor)
        os.close(self._woken)

    def _parse(self, data: bytes) -> list[Stirred]:
        found = []
        at = 0
        while at < len(data):
            watch, mask, cookie, length = _HEAD.unpack_from(data, at)
            at += _HEAD.size + length
            if mask & _OVERFLOW:
                self._overflowed()
                continue
            with self._lock:
                folder = self._folders.get(watch)
                if mask & _IGNORED:
                    # The folder is gone.
                    self._folders.pop(watch, None)
                    if folder is not None and self._watches.get(folder) == watch:
                        del self._watches[folder]
                    continue
            if folder is not None:
                name = os.fsdecode(data[at - length : at].rstrip(b"\0"))
                is_new = bool(mask & (_CREATE | _MOVED_TO))
                found.append(Stirred(folder / name, bool(mask & _IS_FOLDER), is_new, cookie))
        return found
