"""Two models on the same episodes, compared in pairs; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from processing.benchmark.judge import Verdict


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How often both, one alone, or none of two models resolved an episode that both were judged on.

    `p_value` is McNemar's; `unpaired` counts the episodes that were refused, or run, for one of them only.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    unpaired: int
    p_value: float


def compare(
    first: str, first_verdicts: Iterable[Verdict], second: str, second_verdicts: Iterable[Verdict]
) -> Comparison:
    """The paired comparison of two models."""
    one = {row.episode: row.resolved for row in first_verdicts if row.status != "refused"}
    other = {row.episode: row.resolved for row in second_verdicts if row.status != "refused"}
    outcomes = [(one[episode], other[episode]) for episode in one if episode in other]
    only_first, only_second = outcomes.count((True, False)), outcomes.count((False, True))
    return Comparison(
        first=first,
        second=second,
        both=outcomes.count((True, True)),
        only_first=only_first,
        only_second=only_second,
        neither=outcomes.count((False, False)),
        unpaired=len(one.keys() ^ other.keys()),
        p_value=mcnemar(only_first, only_second),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test; 1 where the models never differ.

    Q. McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions (1947), in its
    exact form: of the n pairs that differ, the smaller count k under a fair coin, 2 sum_{i<=k} C(n, i) / 2^n.
    """
    n, k = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, i) for i in range(k + 1))
    return min(1.0, 2 * tail / 2.0**n)
