"""A bench run as a table for people, made from its saved files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from processing.benchmark.results import Results
from processing.benchmark.score import Score, score

_HEADINGS = ("model", "resolved", "pass@1", "95 % interval", "failures", "refused", "tests", "latency")


def scores(results: Results) -> list[Score]:
    """The scores of a saved run, a model each, in the order in which they were asked for."""
    return [
        score(
            model,
            [verdict for verdict, _ in rows],
            [latency_s for _, latency_s in rows if latency_s is not None],
        )
        for model, rows in results.read().items()
    ]


def table(rows: Sequence[Score]) -> Table:
    """A row for each model. What scored 0 for a reason other than a failing test is named."""
    made = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        made.add_column(
            heading, justify="left" if heading in ("model", "failures") else "right", no_wrap=True
        )
    for row in rows:
        failures = {name: n for name, n in row.statuses.items() if name not in ("resolved", "refused")}
        made.add_row(
            Text(row.model, style="cyan"),
            f"{row.resolved} of {row.scored}",
            _share(row.pass_at_1),
            f"{_share(row.low)} to {_share(row.high)}" if row.scored else "-",
            ", ".join(f"{n} {name}" for name, n in failures.items()) or "none",
            str(row.refused),
            _seconds(row.test_s),
            _seconds(row.latency_s),
        )
    return made


def as_json(rows: Sequence[Score]) -> list[dict[str, Any]]:
    """The scores as plain JSON values."""
    return [asdict(row) for row in rows]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
