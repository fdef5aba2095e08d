"""What a keystroke costs in the sender at the pace of a person, and how soon it is durable.

A real sender and a real collector; a spool that grows by five keys of a recorded trace a second. The cost is
the CPU time of the whole sender process once it is at work: its start is paid once in hours.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lsp_server.home.doorbell import Bell
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.locks import acquire
from lsp_server.sending.collector import Collector as Connection
from pairlog.home import Home, open_home
from pairlog.line import decode
from tests import corpus
from tests.bench.row import Row
from tests.bench.stored import session
from tests.support.processes import Collector, wait_for

_KEYS = 100
#: Until the first lines were screened: what is compiled then is paid once in hours, as the start is.
_KEYS_BEFORE = 25
_KEYS_PER_SECOND = 5
_POLL_SECONDS = 0.05
#: Where each trace changes its line of text about as often as on average: 13 times in 100 keys.
_FIRST = {"rustcode": 21_572, "sveltecomponent": 7_640}
SESSION = "0193f5a0-1c00-7000-8000-000000000001"


def rows() -> Iterable[Row]:
    if not sys.platform.startswith("linux"):
        yield Row("sender: skipped, the CPU time of another process is read as Linux has it", 0, "")
        return
    if not corpus.present():
        yield Row("sender: skipped, the traces are not here", 0, "")
        return
    costs, waits = [], []
    for name in corpus.NAMES:
        with _desk(name) as desk:
            desk.type(_KEYS_BEFORE)
            cost, late = desk.measure()
            yield Row(f"sender, a keystroke at 5 a second, {name}", cost, "us")
            costs.append(cost)
            waits += late
    yield Row("sender, a keystroke at 5 a second", sum(costs) / len(costs), "us", 150)
    yield Row("from release to durable, p99", sorted(waits)[int(len(waits) * 0.99)], "s", 2)


class _Desk:
    """A home whose recorder is played here, its sender, and what the collector says of the session."""

    def __init__(self, home: Home, name: str, route: Route) -> None:
        self.lines = _lines(name)
        self.files = SessionFiles(home, SESSION)
        self.route = route
        self.written: list[float] = []
        self.durable: list[float] = []
        self._stop = threading.Event()
        self._bell = Bell(home)
        self._place: int | None = None
        self._lock = acquire(self.files.pid)
        self.files.write_route(route)
        self._spool = self.files.spool.open("ab", buffering=0)
        self._write(2)
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        self.sender = subprocess.Popen([sys.executable, "-m", "lsp_server.sending.sender", str(home.path)])
        wait_for("the header in the collector", lambda: self.durable or None)

    def type(self, keys: int) -> None:
        for _ in range(keys):
            self._write(1)
            time.sleep(1 / _KEYS_PER_SECOND)

    def measure(self) -> tuple[float, list[float]]:
        """Microseconds of CPU for a key, and the seconds from each line's release until it was durable."""
        first, before = len(self.written), _cpu_ns(self.sender.pid)
        self.type(_KEYS)
        cost = (_cpu_ns(self.sender.pid) - before) / _KEYS / 1e3
        released = self._released()
        wait_for("the released lines", lambda: True if len(self.durable) >= len(released) else None)
        waits = [self.durable[seq] - released[seq] for seq in range(first, len(released))]
        return cost, waits

    def close(self) -> None:
        """End what runs, by its own id."""
        assert self._lock is not None
        self.sender.kill()
        self.sender.wait()
        self._stop.set()
        self._watcher.join()
        self._spool.close()
        self._lock.release()

    def _write(self, count: int) -> None:
        at = len(self.written)
        self._spool.write(b"".join(line + b"\n" for line in self.lines[at : at + count]))
        self.written += [time.monotonic()] * count
        # As a recorder does: at everything but an edit in the line of text of the last one.
        place = next(iter(_lines_of(self.lines[at + count - 1])), None)
        if place is None or place != self._place:
            self._place = place
            self._bell.ring()

    def _released(self) -> list[float]:
        """When each line was released: once a later one lay elsewhere in the text; not all were yet."""
        released: list[float] = []
        place: object = None
        for seq, at in enumerate(self.written):
            here = _lines_of(self.lines[seq])
            if here != place:
                released += [at] * (seq - len(released))
                place = here
        return released

    def _watch(self) -> None:
        connection = Connection(self.route.collector or "", self.route.token)
        while not self._stop.wait(_POLL_SECONDS):
            answer = connection.session(self.files.session)
            acked = answer.number("acked")
            now = time.monotonic()
            self.durable += [now] * ((-1 if acked is None else acked) + 1 - len(self.durable))
        connection.close()


@contextmanager
def _desk(name: str) -> Iterator[_Desk]:
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    collector = Collector(folder / "data")
    desk = None
    try:
        route = Route(collector.address, collector.token("mine"))
        desk = _Desk(open_home(folder / "home"), name, route)
        yield desk
    finally:
        if desk is not None:
            desk.close()
        collector.stop()
        shutil.rmtree(folder)


def _lines(name: str) -> list[bytes]:
    trace = corpus.load(name)
    some = slice(_FIRST[name] - _KEYS_BEFORE, _FIRST[name] + _KEYS)
    return session(replace(trace, edits=trace.edits[some], times=trace.times[some]))


def _lines_of(line: bytes) -> set[int]:
    """The lines of text that an edit begins in; none for other events."""
    return {change[0] for change in getattr(decode(line), "changes", [])}


def _cpu_ns(pid: int) -> int:
    """The CPU time of a process and all its threads: Linux numbers the clock after the process."""
    return time.clock_gettime_ns((~pid << 3) | 2)
