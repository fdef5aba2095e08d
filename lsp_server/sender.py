"""The sender: one process per home that brings every spool to its collector and then leaves.

Started by a recorder as `python -m lsp_server.sender HOME`; it outlives the editor. Whatever kills it, its
lock goes with it, and the next one finds everything in the home.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from lsp_server.blob_store import BlobStore
from lsp_server.collector import Collector
from lsp_server.delivery import Delivery
from lsp_server.layout import Route, recorders_in, sessions_in
from lsp_server.locks import acquire, is_held
from lsp_server.settings import home_defaults
from lsp_server.state import SenderState, write_sender
from pairlog.errors import UserError
from pairlog.home import Home

_BUSY_SECONDS = 0.25
_IDLE_SECONDS = 1.0
_IDLE_AFTER_SECONDS = 30.0
#: With nothing left to do, wait a little: an editor that restarts its server is back at once.
_LINGER_SECONDS = 2.0
_LIST_SECONDS = 2.0
_NEWS_SECONDS = 2.0


class Sender:
    """All deliveries of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._deliveries: dict[str, Delivery] = {}
        self._collectors: dict[Route, Collector] = {}
        self._written: SenderState | None = None
        self._written_at = 0.0
        self._listed = (0, 0.0)

    def step(self, now: float) -> bool:
        """Do what is due for every session; returns whether anything was done."""
        self._find_sessions(now)
        did = False
        for session, delivery in list(self._deliveries.items()):
            did = delivery.step(now) or did
            if delivery.is_done:
                del self._deliveries[session]
        self._write_state(now)
        if not self._deliveries and did:
            self._clear_blobs()
        return did

    def has_work(self) -> bool:
        """Whether a session waits to be sent, or is still being recorded."""
        return any(
            not delivery.is_waiting or is_held(delivery.files.pid) for delivery in self._deliveries.values()
        )

    def is_backlogged(self, now: float) -> bool:
        """Whether the next step need not wait."""
        return any(delivery.is_backlogged(now) for delivery in self._deliveries.values())

    def _find_sessions(self, now: float) -> None:
        # A folder says when it changed; what came within the grain of that clock is found a little later.
        changed, (seen, at) = self._home.spool.stat().st_mtime_ns, self._listed
        if changed == seen and now - at < _LIST_SECONDS:
            return
        self._listed = (changed, now)
        for session in sessions_in(self._home):
            if session not in self._deliveries:
                try:
                    self._deliveries[session] = Delivery(self._home, session, self._connect, self._defaults)
                except OSError as error:
                    print(f"pairlog: cannot read {session}: {error}", file=sys.stderr)

    def _write_state(self, now: float) -> None:
        state = SenderState({name: delivery.state for name, delivery in self._deliveries.items()})
        if state == self._written:
            return
        # How far it came is news every few seconds, how it goes is news at once.
        if (
            state.words() == (self._written and self._written.words())
            and now - self._written_at < _NEWS_SECONDS
        ):
            return
        # A delivery replaces its state and never changes it, so this one can be kept for comparison.
        self._written, self._written_at = state, now
        write_sender(self._home.path / "status.json", state)

    def _clear_blobs(self) -> None:
        """Throw the blobs away once no session needs one; a recorder registers itself under this lock."""
        lock = acquire(self._home.path / "blobs.lock")
        if lock is None:
            return
        if not sessions_in(self._home) and not any(map(is_held, recorders_in(self._home))):
            BlobStore(self._home.blobs).clear()
        lock.release()

    def _connect(self, route: Route) -> Collector:
        if route not in self._collectors:
            self._collectors[route] = Collector(route.collector or "", route.token)
        return self._collectors[route]

    def _defaults(self) -> Route:
        try:
            found = home_defaults(self._home)
        except UserError:
            return Route(None, None)
        return Route(found.collector, found.token)


def run(home: Home) -> int:
    """Send until nothing is left to send and nobody records; returns the exit code."""
    lock = acquire(home.path / "sender.lock")
    if lock is None:
        return 0
    pid = home.path / "sender.pid"
    pid.write_text(f"{os.getpid()}\n")
    sender = Sender(home)
    last_work = time.monotonic()
    try:
        while home.spool.is_dir():
            now = time.monotonic()
            if sender.step(now):
                last_work = now
            if not sender.has_work() and now - last_work > _LINGER_SECONDS:
                break
            if sender.is_backlogged(now):
                continue
            is_busy = now - last_work < _IDLE_AFTER_SECONDS
            time.sleep(_BUSY_SECONDS if is_busy else _IDLE_SECONDS)
    finally:
        pid.unlink(missing_ok=True)
        lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(run(Home(Path(sys.argv[1]))))
