"""How often which of two models is preferred, over all comparisons; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from processing.proportion import wilson
from processing.trajectories.preference import Preference


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two models, `first` by name before `second`, and their comparisons.

    `first_shown`: how often the first was the one that was seen, which decides much. `undecided` counts the
    rules by which nothing was decided. `share` is first_wins / (first_wins + second_wins), None where there
    are none; `low` and `high` bound it with 95 % confidence (Wilson).
    """

    first: str
    second: str
    comparisons: int
    first_shown: int
    first_wins: int
    second_wins: int
    undecided: dict[str, int]
    share: float | None
    low: float | None
    high: float | None


class Tally:
    """Counts comparisons as they come."""

    def __init__(self) -> None:
        self._shown: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._wins: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._undecided: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, rows: Iterable[Preference]) -> None:
        """Count these."""
        for row in rows:
            shown, rival = row.shown.model or "unknown", row.rival.model or "unknown"
            pair = min(shown, rival), max(shown, rival)
            self._shown[pair][shown] += 1
            if row.preferred is None:
                self._undecided[pair][row.rule] += 1
            else:
                self._wins[pair][shown if row.preferred == "shown" else rival] += 1

    def pairs(self) -> list[Pair]:
        """A row for each pair of models, by name."""
        return [self._pair(*pair) for pair in sorted(self._shown)]

    def _pair(self, first: str, second: str) -> Pair:
        pair = first, second
        wins = self._wins[pair]
        first_wins, decided = wins[first], wins.total()
        low, high = wilson(first_wins, decided) if decided else (None, None)
        return Pair(
            first=first,
            second=second,
            comparisons=self._shown[pair].total(),
            first_shown=self._shown[pair][first],
            first_wins=first_wins,
            second_wins=decided - first_wins,
            undecided=dict(sorted(self._undecided[pair].items())),
            share=first_wins / decided if decided else None,
            low=low,
            high=high,
        )
