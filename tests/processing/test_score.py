from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.benchmark.judge import Status, Verdict
from processing.benchmark.score import Score, score, wilson


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


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 1, 0.0, 0.7935), (1, 1, 0.2065, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_agrees_with_published_values(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0.0 <= low <= counts[0] / counts[1] <= high <= 1.0


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (2, 1), (-1, 1)])
def test_what_is_no_proportion_has_no_interval(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(successes, trials)
