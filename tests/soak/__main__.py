"""`make soak`: kills, cuts and deaths in full, with a closing table. Exits 1 where something was lost.

`python -m tests.soak --kills N --cuts all|tenth|none --deaths N --seed S`; a seed decides what is typed, cut
and killed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from tests.soak import cuts, deaths, kills

_EVERY = {"all": 1, "tenth": 10}
_MEMORY = Path("/dev/shm")

R = TypeVar("R", cuts.Result, deaths.Result, kills.Result)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="how many (%(default)s)")
    parser.add_argument(
        "--cuts",
        choices=[*_EVERY, "none"],
        default="all",
        help="which cuts (%(default)s)",
    )
    parser.add_argument(
        "--deaths",
        type=int,
        default=10_000,
        metavar="N",
        help="at how many of the sender's lines to die, drawn by chance, or else at all (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    table = Table("what", "count")
    problems: list[str] = []
    # A cut is made by us and not by a disk: memory does as well, and is faster.
    place = _MEMORY if _MEMORY.is_dir() else None
    if args.cuts != "none":
        cut = _inside(lambda folder: cuts.run(folder, _EVERY[args.cuts], args.seed, _tell), place)
        for name, count in sorted(cut.cuts.items()):
            table.add_row(f"cuts of {name}", str(count))
        table.add_row("  with lines in the collector before", str(cut.delivered_before))
        table.add_row("  seconds", f"{cut.seconds:.0f}")
        problems += cut.problems
    if args.deaths:
        died = _inside(lambda folder: deaths.run(folder, args.deaths, args.seed, _tell), place)
        for name, count in sorted(died.deaths.items()):
            of = f"{count} of {died.lines[name]}"
            table.add_row(f"deaths of a sender at a line of its code, {name}", of)
        table.add_row("  seconds", f"{died.seconds:.0f}")
        problems += died.problems
    if args.kills:
        killed = _inside(lambda folder: kills.run(folder, args.kills, args.seed, _tell), None)
        for name, count in sorted(killed.kills.items()):
            table.add_row(f"kill -9 of a {name}", str(count))
        table.add_row("  sessions, lines in the collector", f"{killed.sessions}, {killed.lines}")
        open_lines = f"{killed.open_lines}, {killed.open_arrived}"
        table.add_row("  lines unanswered when their recorder died, arrived", open_lines)
        table.add_row("  torn or refused lines set aside", str(killed.aside))
        table.add_row("  seconds until a killed sender was replaced, at most", f"{killed.replaced_s:.1f}")
        table.add_row("  seconds", f"{killed.seconds:.0f}")
        problems += killed.problems
    table.add_row("problems", str(len(problems)))
    Console().print(table)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _inside(work: Callable[[Path], R], place: Path | None) -> R:
    """What `work` makes of a fresh folder, which stays where it found something."""
    folder = Path(tempfile.mkdtemp(prefix="pairlog-soak-", dir=place))
    result = work(folder)
    if result.problems:
        result.problems.append(f"everything is kept in {folder}")
    else:
        shutil.rmtree(folder)
    return result


if __name__ == "__main__":
    sys.exit(main())
