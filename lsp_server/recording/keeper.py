"""Sees to it that a home has a sender, as long as a recorder is there that needs one."""

from __future__ import annotations

import sys
from subprocess import Popen

from lsp_server.home.spawn import sender_runs, start_sender
from pairlog.home import Home

_CHECK_TICKS = 2


class SenderKeeper:
    """Starts the sender, and starts it again when it died."""

    def __init__(self, home: Home, is_wanted: bool) -> None:
        """`is_wanted` is False where there is nobody to send to."""
        self._home = home
        self._is_wanted = is_wanted
        self._sender: Popen[bytes] | None = None
        self._ticks = 0

    def tick(self) -> None:
        """Look now and then; at once where the sender that was started here is gone."""
        self._ticks += 1
        if self._ticks % _CHECK_TICKS == 0 or (self._sender and self._sender.poll() is not None):
            self.keep()

    def keep(self) -> None:
        """Start a sender where none is at work."""
        if not self._is_wanted or (self._sender is not None and self._sender.poll() is None):
            return
        self._sender = None
        try:
            if not sender_runs(self._home):
                self._sender = start_sender(self._home)
        except OSError as error:
            print(f"pairlog: cannot start the sender: {error}", file=sys.stderr)
