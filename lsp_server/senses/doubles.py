"""Which report files say once more what a test runner has already told of its run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

#: A report is written as its run ends, or right behind it.
_LATE_SECONDS_MAX = 5.0
_KEPT_MAX = 100


class Doubles:
    """Remembers the reports of the last runs. `now` gives seconds since 1970, as a file's time does."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        #: By run: the report's path, and from when to when it was, or will be, the run's.
        self._runs: dict[str, tuple[str, float, float]] = {}

    def begin(self, run: str, report: str) -> None:
        """A run began that writes this report as well."""
        self._runs[run] = (os.path.realpath(report), self._now(), float("inf"))
        if len(self._runs) > _KEPT_MAX:
            del self._runs[next(iter(self._runs))]

    def end(self, run: str) -> None:
        """The run has ended."""
        if run in self._runs:
            report, begun, _ = self._runs[run]
            self._runs[run] = (report, begun, self._now() + _LATE_SECONDS_MAX)

    def has(self, path: str, written: float) -> bool:
        """Whether the report at `path`, written then, is one of them."""
        real = os.path.realpath(path)
        return any(
            report == real and begun <= written <= until for report, begun, until in list(self._runs.values())
        )
