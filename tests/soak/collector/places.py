"""Where a collector keeps its store, and which of its processes may die: one on SQLite, else several."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Protocol

from pairlog.options import database_uri
from tests.soak.served import Served
from tests.support.processes import children, is_alive, wait_for

WORKERS = 3
#: Sessions that came long ago go, all others stay.
OPTIONS = ("--retention-days", "3650")
#: One kill in so many meets what is just starting; one in so many the process that replaces workers.
_STARTING = _SUPERVISOR = 5


class Place(Protocol):
    """A collector that serves a store."""

    served: Served
    #: The address of the database.
    address: str

    def kill(self, chance: Random) -> str:
        """kill -9 of one of its processes, after a while; returns which it was."""


class Sqlite:
    """One process, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.served = Served(folder / "data", options=OPTIONS)
        self.address = database_uri(folder / "data")
        self.served.wait_ready()

    def kill(self, chance: Random) -> str:
        """kill -9 of the process, at work or while it starts again."""
        if chance.randrange(_STARTING) == 0:
            time.sleep(chance.random() * self.served.start_s)
            self.served.kill()
            return "collector, starting"
        self.served.wait_ready()
        # As long at work as it took to start: on a slow machine nothing would ever come to its end.
        time.sleep(chance.random() * self.served.start_s)
        self.served.kill()
        return "collector"


class Postgres:
    """Several workers, replaced by the process that started them, which may die with them."""

    def __init__(self, folder: Path, database: str) -> None:
        options = (*OPTIONS, "--workers", str(WORKERS))
        self.served = Served(folder / "data", ("--database-url", database), options)
        self.address = database
        self.served.wait_ready()

    def kill(self, chance: Random) -> str:
        """kill -9 of a worker, at work or starting, or of the process that replaces it."""
        time.sleep(chance.random() * self.served.start_s)
        workers = sorted(children(self.served.pid))
        if chance.randrange(_SUPERVISOR) == 0:
            self.served.die()
            # They hold the port until they have seen it.
            wait_for("the end of the workers", lambda: None if any(map(is_alive, workers)) else True)
            self.served.rise()
            self.served.wait_ready()
            return "process that starts the workers"
        if not workers:
            return "nobody: all workers start"
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        return "worker"
