"""How well each signal is told: precision and recall on scripted sessions whose script is the label."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.row import Row
from tests.truth.measure import misses, qualities
from tests.truth.signals import ROUNDS, signals


def rows() -> Iterable[Row]:
    for signal in signals():
        with tempfile.TemporaryDirectory(prefix="pairlog-bench-") as folder:
            compared = signal.play(Path(folder), ROUNDS)
        for it in qualities(compared):
            bar = signal.bars.get((it.kind, it.evidence))
            name = f"{signal.name}: {it.kind}, {it.evidence}"
            if it.precision is not None:
                yield Row(f"{name}: precision", it.precision, "", bar and bar.precision, "at least")
            if it.recall is not None:
                yield Row(f"{name}: recall", it.recall, "", bar and bar.recall, "at least")
        for miss, count in misses(compared).most_common():
            print(f"truth: {signal.name}: {miss} ({count})", file=sys.stderr)
