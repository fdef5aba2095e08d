"""What a collector does by itself while it serves: one thread that looks after the store now and then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from time import monotonic
from types import TracebackType

from collector_api.erasing import leftovers
from collector_api.erasing.retention import expire
from collector_api.problems import NoStorage, Problem
from collector_api.rows import sessions
from collector_api.rows.repacking import Repacker
from collector_api.store import Store

#: How often it looks for something to do.
_EVERY_S = 60.0
#: Less often: what may write a file of the lake anew, or looks at every content.
_HOUR_S = 3_600.0
#: How many sessions without a verdict are asked for at once.
_JUDGED_AT_ONCE = 100
#: How long closing waits for what is under way; nothing of it is lost.
_JOIN_S_MAX = 5.0

_log = logging.getLogger(__name__)


class Upkeep:
    """Keeps to the retention, scrubs, drops contents without a line, sweeps the lake, judges, repacks.

    From entering its context to leaving it.
    """

    def __init__(self, store: Store, retention_days: float | None = None) -> None:
        self._store = store
        self._retention_days = retention_days
        self._next: dict[str, float] = {}
        self._repacker = Repacker(store)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def __enter__(self) -> Upkeep:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(_JOIN_S_MAX)

    def once(self) -> None:
        """Do what is due, where no other process is at it."""
        self._try(self._all)

    def _all(self) -> None:
        with self._store.alone() as alone:
            tasks = (
                *(self._scrub, self._retain, self._drop_leftovers),
                *(self._store.sweep, self._judge, self._repack),
            )
            for task in tasks if alone else ():
                self._try(task)

    def _judge(self) -> None:
        """Judge the sessions whose verdict was lost with the process that had to find it."""
        behind = ""
        while True:
            with self._store.reading() as connection:
                some = sessions.unjudged(connection, behind, _JUDGED_AT_ONCE)
            for info in some:
                begun = monotonic()
                self._try(partial(self._store.verdict, info))
                if self._rest(begun):
                    return
            if len(some) < _JUDGED_AT_ONCE:
                return
            behind = some[-1].session

    def _rest(self, begun: float) -> bool:
        """Leave four fifths of a processor to whoever sends; returns whether to end."""
        return self._closing.wait(4 * (monotonic() - begun))

    def _repack(self) -> None:
        begun = monotonic()
        for _ in self._repacker.steps():
            if self._rest(begun):
                return
            begun = monotonic()

    def _retain(self) -> None:
        if self._retention_days is None or not self._is_due("retention", _HOUR_S):
            return
        moment = datetime.now(timezone.utc)
        if expire(self._store, self._retention_days, moment, self._store.bell.ring):
            self._store.scrub()

    def _scrub(self) -> None:
        """Take out of the files what a command deleted, or a process that died since."""
        if self._is_due("scrub", self._store.scrub_every_s):
            self._store.scrub_log()

    def _drop_leftovers(self) -> None:
        if self._is_due("leftovers", _HOUR_S) and leftovers.drop(self._store, datetime.now(timezone.utc)):
            self._store.scrub_log()

    def _is_due(self, task: str, every_s: float) -> bool:
        """Whether so long has gone by since a task was due; it is under way then."""
        begun = monotonic()
        if begun < self._next.get(task, begun):
            return False
        self._next[task] = begun + every_s
        return True

    def _try(self, task: Callable[[], object]) -> None:
        try:
            task()
        except NoStorage as problem:
            # A full or busy disk; there is a next time.
            _log.warning("upkeep: %s", problem.reason)
        except Problem as problem:
            _log.warning("upkeep: %s", problem.detail)
        except Exception:
            _log.exception("upkeep failed")

    def _run(self) -> None:
        while not self._closing.is_set():
            self.once()
            self._closing.wait(_EVERY_S)
