"""`python -m tests.truth [SIGNAL...]`: precision, recall and misses, as docs/quality.md shows them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.truth.measure import misses, qualities
from tests.truth.signals import ROUNDS, signals


def main(names: list[str]) -> None:
    for signal in signals():
        if names and signal.name not in names:
            continue
        with tempfile.TemporaryDirectory(prefix="pairlog-truth-") as folder:
            compared = signal.play(Path(folder), ROUNDS)
        print(f"## {signal.name}\n\n| kind | evidence | done | precision | recall |\n|---|---|---|---|---|")
        for it in qualities(compared):
            print(f"| {it.kind} | {it.evidence} | {it.done} | {_share(it.precision)} | {_share(it.recall)} |")
        print()
        for miss, count in misses(compared).most_common():
            print(f"- {miss} ({count})")
        print()


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main(sys.argv[1:])
