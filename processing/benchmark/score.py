"""Scores from verdicts; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from processing.benchmark.judge import Verdict
from processing.proportion import wilson


@dataclass(frozen=True, kw_only=True)
class Score:
    """One model's score. `refused` episodes are listed apart: they are no part of `scored`.

    `pass_at_1` is resolved / scored, None where nothing was scored; `low` and `high` bound it with 95 %
    confidence. `statuses` counts every verdict. Times are medians, in seconds.
    """

    model: str
    episodes: int
    scored: int
    resolved: int
    refused: int
    pass_at_1: float | None
    low: float | None
    high: float | None
    statuses: dict[str, int]
    test_s: float | None
    latency_s: float | None


def score(model: str, verdicts: Iterable[Verdict], latencies_s: Iterable[float]) -> Score:
    """The score of one model, with one verdict for each episode."""
    rows = list(verdicts)
    counted = [row for row in rows if row.status != "refused"]
    resolved = sum(row.resolved for row in counted)
    interval = wilson(resolved, len(counted)) if counted else (None, None)
    times, waits = [row.duration_s for row in counted if row.duration_s], list(latencies_s)
    return Score(
        model=model,
        episodes=len(rows),
        scored=len(counted),
        resolved=resolved,
        refused=len(rows) - len(counted),
        pass_at_1=resolved / len(counted) if counted else None,
        low=interval[0],
        high=interval[1],
        statuses=dict(sorted(Counter(row.status for row in rows).items())),
        test_s=median(times) if times else None,
        latency_s=median(waits) if waits else None,
    )
