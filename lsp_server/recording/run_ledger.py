"""The runs that a client told of, as far as a test run must know them: which may have started it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

_KEPT_MAX = 200
#: A run that began longer ago and does not name the test runner may be anything: a server, a watcher.
_YOUNG_MS_MAX = 60_000
#: A report is written while its run is open, and read a little later.
_LATE_MS_MAX = 2_000


class Writer(NamedTuple):
    """A run, and what it saw."""

    run: str
    saw: dict[str, int] | None


@dataclass
class _Told:
    id: str
    started: int
    command: str
    saw: dict[str, int] | None
    ended: int | None = None


class RunLedger:
    """Times are milliseconds since the session began."""

    def __init__(self) -> None:
        self._runs: dict[str, _Told] = {}
        #: The last run that began and that nobody has looked after yet.
        self.begun: str | None = None

    def hear(self, t: int, run: dict[str, Any]) -> None:
        """The fields of a `run`: a test run starts none, so of those only the last one that began counts."""
        name, phase = run["id"], run["phase"]
        if phase == "started":
            self.begun = name
            if run.get("kind") != "test":
                self._runs[name] = _Told(name, t, run.get("command") or "", run.get("saw"))
                if len(self._runs) > _KEPT_MAX:
                    del self._runs[next(iter(self._runs))]
        elif phase == "ended" and name in self._runs:
            self._runs[name].ended = t

    def parent(self, t: int, runner: str) -> str | None:
        """The run that a run of `runner` (a word of its command), begun at `t`, was most likely started by.

        Of those open then, the only one whose command has that word; else the only one that is young. None
        where that is none or several: a wrong link would be worse than none.
        """
        is_open = [it for it in self._runs.values() if it.started <= t and (it.ended is None or it.ended > t)]
        word = re.compile(rf"(?<!\w){re.escape(runner)}(?!\w)")
        return _only([it for it in is_open if word.search(it.command)]) or _only(
            [it for it in is_open if t - it.started <= _YOUNG_MS_MAX]
        )

    def writer(self, t: int) -> Writer | None:
        """The run that can have written a file at `t`: the one that was open, else the one that just ended.

        None where that is none or several.
        """
        begun = [it for it in self._runs.values() if it.started <= t]
        is_open = [it for it in begun if it.ended is None or t <= it.ended]
        late = [it for it in begun if it.ended is not None and it.ended < t <= it.ended + _LATE_MS_MAX]
        found = is_open or late
        return Writer(found[0].id, found[0].saw) if len(found) == 1 else None


def _only(found: list[_Told]) -> str | None:
    return found[0].id if len(found) == 1 else None
