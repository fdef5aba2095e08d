"""kill -9 of a collector's processes at random moments under load; then the count of what is in its store.

Meanwhile small frames are packed anew, old sessions go, and complete ones move to a lake.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from collector_api.database.database import database_at
from tests.soak.collector.check import check
from tests.soak.collector.places import Place
from tests.soak.collector.writer import Writer
from tests.support.processes import PAIRLOG

_WRITERS = 6
#: Python's own word in a worker whose parent was killed before it had said what the worker is for.
_ORPHAN = re.compile(
    r'^Traceback \(most recent call last\):\n  File "<string>", line 1, in <module>\n'
    r"(?:  .*multiprocessing/spawn\.py.*\n(?:    .*\n)+)+EOFError: Ran out of input\n",
    re.MULTILINE,
)
_END_S_MAX = 300.0


@dataclass
class Result:
    """What a run did and found; it held where `problems` is empty."""

    kills: Counter[str] = field(default_factory=Counter)
    #: What the writers saw, and what is in the store in the end.
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def run(place: Place, folder: Path, kills: int, seed: int, tell: Callable[[str], None] = print) -> Result:
    """Kill so many times, then look; the seed decides what is sent, who is killed, and when."""
    chance = Random(seed)
    result = Result()
    begun = time.monotonic()
    served = place.served
    writers = [Writer(number, served.address, served.token, seed) for number in range(_WRITERS)]
    mover = Mover(folder / "lake", served.store)
    try:
        for writer in writers:
            writer.start()
        for number in range(kills):
            mover.maybe_start(chance)
            _age(place.address)
            result.kills[place.kill(chance)] += 1
            result.kills["export to the lake"] += mover.maybe_kill(chance)
            if (number + 1) % 20 == 0:
                tell(f"kills: {number + 1} of {kills}, {time.monotonic() - begun:.0f} s")
            if not all(writer.is_alive() for writer in writers):
                break
    finally:
        for writer in writers:
            writer.stop()
        for writer in writers:
            writer.join(_END_S_MAX)
        result.problems += [f"{it.name} did not end" for it in writers if it.is_alive()]
        result.problems += mover.end()
        served.stop()
    for writer in writers:
        result.problems += writer.problems
        result.counts += writer.counts
    sent = [it for writer in writers for it in writer.sent]
    if not result.problems:
        result.problems += check(place.address, served.data, mover.lake, sent, result.counts)
    log = _ORPHAN.sub("", served.log())
    result.problems += [f"its log says {line}" for line in log.splitlines() if "Traceback" in line]
    result.seconds = time.monotonic() - begun
    return result


def _age(address: str) -> None:
    """Let the sessions that began long ago have come as long ago."""
    store = database_at(address).open_writing()
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE session SET arrived_s = 0 WHERE started_at < '2002'")
    store.dispose()


class Mover:
    """`pairlog lake export`, now and then, which may die as well."""

    def __init__(self, lake: Path, store: tuple[str, ...]) -> None:
        self.lake = lake
        self._command = [*PAIRLOG, "lake", "export", "--to", str(lake), *store]
        self._process: subprocess.Popen[bytes] | None = None
        self._problems: list[str] = []

    def maybe_start(self, chance: Random) -> None:
        """Start one, in some turns, where none is at work."""
        if chance.random() < 0.5 and (self._process is None or self._process.poll() is not None):
            self._collect()
            self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def maybe_kill(self, chance: Random) -> bool:
        """kill -9 of one at work, in some turns; returns whether there was one."""
        if chance.random() >= 0.3 or self._process is None or self._process.poll() is not None:
            return False
        self._process.kill()
        self._process.communicate()
        self._process = None
        return True

    def end(self) -> list[str]:
        """Let the last one come to its end; returns what went wrong with any that was not killed."""
        self._collect()
        return self._problems

    def _collect(self) -> None:
        if self._process is not None:
            _, said = self._process.communicate(timeout=_END_S_MAX)
            if self._process.returncode != 0:
                self._problems.append(f"lake export: {said.decode()[-500:]}")
            self._process = None
