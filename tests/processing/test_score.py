from __future__ import annotations

import pytest

from processing.benchmark.judge import Status, Verdict
from processing.benchmark.score import Score, score


def verdicts(*statuses: Status) -> list[Verdict]:
    return [Verdict(episode=str(n), status=status, duration_s=n) for n, status in enumerate(statuses)]


def test_failures_score_0_and_refusals_are_no_part_of_the_score() -> None:
    rows = verdicts("resolved", "resolved", "failed", "timeout", "invalid", "error", "refused")
    made = score("m", rows, [0.1, 0.3])
    assert made == Score(
        model="m",
        episodes=7,
        scored=6,
        resolved=2,
        refused=1,
        pass_at_1=2 / 6,
        low=pytest.approx(0.0968, abs=1e-4),
        high=pytest.approx(0.7000, abs=1e-4),
        statuses={"error": 1, "failed": 1, "invalid": 1, "refused": 1, "resolved": 2, "timeout": 1},
        test_s=3.0,
        latency_s=0.2,
    )


def test_where_nothing_was_scored_there_is_no_number() -> None:
    made = score("m", verdicts("refused"), [])
    assert (made.scored, made.pass_at_1, made.low, made.high) == (0, None, None, None)
