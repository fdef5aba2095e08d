"""Scores from verdicts; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from processing.benchmark.judge import Verdict


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


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a proportion, by default with 95 % confidence.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927):
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Raises ValueError without trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no proportion")
    p, square = successes / trials, z * z / trials
    middle = p + square / 2
    reach = z * math.sqrt(p * (1 - p) / trials + square / trials / 4)
    low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
    # At the ends the bound is exact; rounding must not carry it over.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)
