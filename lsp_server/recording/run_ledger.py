"""The runs that were told: which may have started which, and which text each one saw."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from lsp_server.recording.saved_texts import SavedTexts

_KEPT_MAX = 200
#: A run that began longer ago and does not name the test runner may be anything: a server, a watcher.
_YOUNG_MS_MAX = 60_000
#: A run may build for so long before its tests begin.
_BUILD_MS_MAX = 600_000
#: A report is written while its run is open, and read a little later.
_LATE_MS_MAX = 2_000


class Writer(NamedTuple):
    """A run, and what it saw."""

    run: str
    saw: dict[str, int] | None


class _View(NamedTuple):
    """What a run saw, as far as that is known, as it began at `moment`."""

    moment: int
    saw: dict[str, int]


@dataclass
class _Told:
    id: str
    started: int
    command: str
    saw: dict[str, int] | None
    ended: int | None = None


class RunLedger:
    """Times are milliseconds since the session began."""

    def __init__(self, saved: SavedTexts) -> None:
        """`saved` knows the texts that a run can have seen."""
        self._saved = saved
        self._runs: dict[str, _Told] = {}
        self._views: dict[str, _View] = {}
        #: When a run was last told to begin, by the monotonic clock.
        self.began = -math.inf
        #: The last run that began and that nobody has looked after yet, and when, in nanoseconds since 1970.
        self.begun: tuple[str, int] | None = None

    def hear(self, t: int, run: dict[str, Any], ms_ago: int = 0) -> None:
        """The fields of a `run`, which began so long ago; one that begins gets its `saw`, unless it has one.

        A test run starts none, so of those only the last one that began counts.
        """
        name, phase = run["id"], run["phase"]
        if phase == "started":
            self.begun = name, time.time_ns() - ms_ago * 1_000_000
            self.began = time.monotonic()
            if "saw" not in run:
                view = _View(t - ms_ago, self._saved.at(t - ms_ago))
                self._views[name] = view
                run["saw"] = view.saw or None
                if len(self._views) > _KEPT_MAX:
                    del self._views[next(iter(self._views))]
            if run.get("kind") != "test":
                self._runs[name] = _Told(name, t - ms_ago, run.get("command") or "", run.get("saw"))
                if len(self._runs) > _KEPT_MAX:
                    del self._runs[next(iter(self._runs))]
        elif phase == "ended" and name in self._runs:
            self._runs[name].ended = t

    def learn(self) -> dict[str, dict[str, int]]:
        """Runs that saw a text which is told only now, with all that they saw."""
        learned = {}
        for t, doc, seq in self._saved.take_late():
            for name, view in self._views.items():
                if t <= view.moment and view.saw.get(str(doc), -1) < seq:
                    view.saw[str(doc)] = seq
                    learned[name] = view.saw
        return learned

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

    def writer(self, t: int, began: int) -> Writer | None:
        """The run that can have written a report at `t`, of tests that began at `began`.

        That is the one that was open, else the one that just ended; None where that is none or several. A
        server or a watcher, open for long as the tests began, tells nothing of what they saw.
        """
        begun = [it for it in self._runs.values() if began - _BUILD_MS_MAX <= it.started <= t]
        is_open = [it for it in begun if it.ended is None or t <= it.ended]
        late = [it for it in begun if it.ended is not None and it.ended < t <= it.ended + _LATE_MS_MAX]
        found = is_open or late
        if len(found) != 1:
            return None
        view = self._views.get(found[0].id)
        return Writer(found[0].id, found[0].saw if view is None else view.saw or None)


def _only(found: list[_Told]) -> str | None:
    return found[0].id if len(found) == 1 else None
