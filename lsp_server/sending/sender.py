"""The sender: one process per home that brings every spool to its collector and then leaves.

Started by a recorder as `python -m lsp_server.sending.sender HOME`; it outlives the editor. Whatever
kills it, its lock goes with it, and the next one finds everything in the home.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from itertools import chain
from pathlib import Path

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.doorbell import Doorbell
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import Route, recorders_in, sessions_in
from lsp_server.home.locks import acquire, is_held
from lsp_server.home.settings import home_defaults
from lsp_server.home.state import SenderState, write_sender
from lsp_server.sending.collector import Collector
from lsp_server.sending.delivery import Delivery
from lsp_server.sending.pace import DEFAULT, Pace, pace_of
from lsp_server.sending.secrets import scanner_of_this_user
from pairlog.errors import UserError
from pairlog.home import Home

#: Within this time after a change the folder's own time stamp may hide another one.
_STAMP_SECONDS = 2.0
#: How far a delivery came is told after so many looks at the spools.
_NEWS_POLLS = 10
#: Objects made since garbage was last looked for.
_GARBAGE_MIN = 20_000


class Sender:
    """All deliveries of one home."""

    def __init__(self, home: Home, pace: Pace = DEFAULT) -> None:
        self._home = home
        self._pace = pace
        self._deliveries: dict[str, Delivery] = {}
        self._collectors: dict[Route, Collector] = {}
        self._is_clear = False
        self._written: SenderState | None = None
        self._written_at = 0.0
        self._listed = 0
        self._spool = home.spool
        self._scanner = scanner_of_this_user()
        self._scanner.prepare()
        self._forgotten = ForgottenWords(home)

    def step(self, now: float) -> bool:
        """Do what is due for every session; returns whether anything was done."""
        self._find_sessions()
        did = False
        for session, delivery in list(self._deliveries.items()):
            try:
                did = delivery.step(now) or did
            except (ValueError, UserError) as error:
                # One session's damaged files stop no other session.
                delivery.park(f"its files cannot be read ({error})")
            if delivery.is_done:
                del self._deliveries[session]
        self._write_state(now)
        if self._deliveries:
            self._is_clear = False
        elif not self._is_clear:
            self._is_clear = self._clear()
        return did

    @property
    def sessions(self) -> set[str]:
        """Those that are here and not done."""
        return set(self._deliveries)

    def has_work(self) -> bool:
        """Whether a session waits to be sent, or is still being recorded."""
        return any(
            not delivery.is_waiting or is_held(delivery.files.pid) for delivery in self._deliveries.values()
        )

    def is_backlogged(self, now: float) -> bool:
        """Whether the next step need not wait."""
        return any(delivery.is_backlogged(now) for delivery in self._deliveries.values())

    def _find_sessions(self) -> None:
        changed = self._spool.stat().st_mtime_ns
        if changed == self._listed:
            return
        if time.time() - changed / 1e9 > _STAMP_SECONDS:
            self._listed = changed
        for session in sessions_in(self._home):
            if session in self._deliveries:
                continue
            try:
                self._deliveries[session] = Delivery(
                    self._home,
                    session,
                    self._connect,
                    self._defaults,
                    self._pace,
                    self._scanner,
                    self._forgotten,
                )
            except (OSError, ValueError) as error:
                self._listed = 0
                print(f"pairlog: cannot read {session}: {error}", file=sys.stderr)

    def _write_state(self, now: float) -> None:
        told = {name: delivery.state for name, delivery in self._deliveries.items()}
        if self._written is not None and told == self._written.sessions:
            return
        state = SenderState(told)
        # How far it came is news every few seconds, how it goes is news at once.
        if (
            state.words() == (self._written and self._written.words())
            and now - self._written_at < _NEWS_POLLS * self._pace.poll_s
        ):
            return
        # A delivery replaces its state and never changes it, so this one can be kept for comparison.
        self._written, self._written_at = state, now
        write_sender(self._home.path / "status.json", state)

    def _clear(self) -> bool:
        """Throw away, once no session is left, its blobs and what a process killed at work left lying about.

        A recorder registers itself under this lock. Returns whether it was done.
        """
        lock = acquire(self._home.path / "blobs.lock")
        if lock is None:
            return False
        is_free = not sessions_in(self._home) and not any(map(is_held, recorders_in(self._home)))
        if is_free:
            BlobStore(self._home.blobs).clear()
            folders = (self._home.spool, self._home.outbox, self._home.control)
            for file in (*chain(*(it.iterdir() for it in folders)), *self._home.path.glob("recorder-*")):
                file.unlink(missing_ok=True)
        lock.release()
        return is_free

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


def run(home: Home, pace: Pace) -> int:
    """Send until nothing is left to send and nobody records; returns the exit code."""
    left: set[str] = set()
    while True:
        lock = acquire(home.path / "sender.lock")
        if lock is None:
            return 0
        pid = home.path / "sender.pid"
        pid.write_text(f"{os.getpid()}\n")
        try:
            left = _serve(home, pace)
        finally:
            pid.unlink(missing_ok=True)
            lock.release()
        # A recorder that began while we were leaving saw our lock and started no other sender.
        if not home.spool.is_dir() or left.issuperset(sessions_in(home)):
            return 0


def _serve(home: Home, pace: Pace) -> set[str]:
    """Work while there is work; returns the sessions for which nothing can be done at present."""
    sender = Sender(home, pace)
    doorbell = Doorbell(home)
    last_work = time.monotonic()
    while home.spool.is_dir():
        now = time.monotonic()
        if sender.step(now):
            last_work = now
        if not sender.has_work() and now - last_work >= pace.linger_s:
            break
        if not sender.is_backlogged(now):
            doorbell.rest(pace.poll_s)
    doorbell.close()
    return sender.sessions


def main(path: Path) -> int:
    """Send for the home at `path`; what a person must mend is one line of the log."""
    home = Home(path)
    # What was imported lives as long as we do: looking through it for garbage would cost more than a key.
    gc.freeze()
    gc.set_threshold(_GARBAGE_MIN, 20, 20)
    try:
        return run(home, pace_of(home))
    except UserError as error:
        print(f"pairlog: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
