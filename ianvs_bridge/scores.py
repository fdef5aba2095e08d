"""The metrics of a job: verdicts, counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ianvs_bridge.verdicts import verdicts
from processing.benchmark.judge import Verdict

#: There was no answer, or none that could be put in place.
_NOT_APPLIED = frozenset({"invalid", "refused"})
#: The tests said neither yes nor no, through a fault of the answer.
_FAILURES = frozenset({"invalid", "timeout", "error"})


class Scores:
    """The metrics of one job folder. Ianvs calls them one after another with the same arguments.

    A rate is a share of the episodes that this machine could execute. A failure scores 0 in it. Where
    nothing could be executed, nothing was learnt: the rate is not a number, and `refused` says why.
    """

    def __init__(self, job: Path) -> None:
        self.job = job
        self._seen: tuple[tuple[str, ...], tuple[object, ...]] | None = None
        self._verdicts: list[Verdict] = []

    def resolved_rate(self, y_true: Sequence[str], y_pred: Sequence[object]) -> float:
        """Return the share, from 0 to 1, whose hidden tests pass with the answer."""
        found = self.verdicts(y_true, y_pred)
        return _rate(sum(verdict.resolved for verdict in found), found)

    def applied_rate(self, y_true: Sequence[str], y_pred: Sequence[object]) -> float:
        """Return the share, from 0 to 1, whose answer could be put in place and its tests started."""
        found = self.verdicts(y_true, y_pred)
        return _rate(sum(verdict.status not in _NOT_APPLIED for verdict in found), found)

    def episodes(self, y_true: Sequence[str], y_pred: Sequence[object]) -> int:
        """Return the number of episodes, answered or not."""
        return len(self.verdicts(y_true, y_pred))

    def failures(self, y_true: Sequence[str], y_pred: Sequence[object]) -> int:
        """Return how many have no yes or no: no usable answer, a time-out, no report of the tests."""
        return sum(verdict.status in _FAILURES for verdict in self.verdicts(y_true, y_pred))

    def refused(self, y_true: Sequence[str], y_pred: Sequence[object]) -> int:
        """Return how many could not be executed here, for want of a working sandbox."""
        return sum(verdict.status == "refused" for verdict in self.verdicts(y_true, y_pred))

    def verdicts(self, y_true: Sequence[str], y_pred: Sequence[object]) -> list[Verdict]:
        """Return a verdict for every row of `y_true`, in its order; executed at the first call only.

        Raises `ValueError` where there are no rows: a rate of nothing is no number.
        """
        if len(y_true) == 0:
            raise ValueError("the job has no test rows; export it again from episodes")
        seen = (tuple(str(row) for row in y_true), tuple(y_pred))
        if seen != self._seen:
            self._verdicts = verdicts(self.job, *seen)
            self._seen = seen
        return self._verdicts


def _rate(count: int, found: list[Verdict]) -> float:
    executed = sum(verdict.status != "refused" for verdict in found)
    return count / executed if executed else math.nan
