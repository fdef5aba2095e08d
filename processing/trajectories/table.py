"""Pairs of models as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pairlog.errors import visible
from processing.trajectories.model_pairs import Pair


def pairs_table(rows: Sequence[Pair]) -> Table:
    """A row for each pair: how often each is preferred, and how sure the first one's share is."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("first", "second"):
        table.add_column(heading)
    for heading in ("comparisons", "first shown", "for first", "for second", "undecided", "share of first"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            visible(row.first),
            visible(row.second),
            f"{row.comparisons:,}",
            f"{row.first_shown:,}",
            f"{row.first_wins:,}",
            f"{row.second_wins:,}",
            f"{sum(row.undecided.values()):,}",
            _share(row),
        )
    return table


def _share(row: Pair) -> str:
    """Such as `0.75 (0.30 to 0.95)`."""
    if row.share is None or row.low is None or row.high is None:
        return "none decided"
    return f"{row.share:.2f} ({row.low:.2f} to {row.high:.2f})"
