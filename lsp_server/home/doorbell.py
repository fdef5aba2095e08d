"""The sender's doorbell: recorders ring where lines may leave, so that nobody looks in vain once a second.

A named pipe in the home. Where there is none, as on Windows, the sender looks once a second instead.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress

from pairlog.home import Home

_NAME = "sender.bell"
#: Without a ring, the sender looks after so many of its usual pauses: some things come without one.
_PATIENCE = 2
_RINGS_MAX = 4096


class Doorbell:
    """The sender's side."""

    def __init__(self, home: Home) -> None:
        self._descriptor = _open(home)

    def rest(self, seconds: float) -> None:
        """Wait for a ring, and then for `seconds`, so that what is released meanwhile goes along."""
        if self._descriptor is None:
            time.sleep(seconds)
        elif select.select([self._descriptor], [], [], seconds * _PATIENCE)[0]:
            time.sleep(seconds)
            # All that rang so far is answered by the look that follows.
            os.read(self._descriptor, _RINGS_MAX)

    def close(self) -> None:
        """Hear no more."""
        if self._descriptor is not None:
            os.close(self._descriptor)


class Bell:
    """A recorder's side. Nobody needs to be at home."""

    def __init__(self, home: Home) -> None:
        self._path = home.path / _NAME
        self._descriptor = -1

    def ring(self) -> None:
        """Say that there is something to send."""
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(self._descriptor, b"\0")
        except BlockingIOError:
            # It has rung for so long that once more tells nothing.
            return
        except (OSError, AttributeError):
            self.close()

    def close(self) -> None:
        """Let go of the pipe."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _open(home: Home) -> int | None:
    """The pipe, open for both ends, so that it is never at its end; None where the system has none."""
    path = home.path / _NAME
    try:
        with suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except (OSError, AttributeError):
        return None
