"""`make soak`: kills of a collector in full, on both databases, with a closing table. Exits 1 at any problem.

`python -m tests.soak.collector --kills N --seed S --on sqlite`; a seed decides what is sent, and killed when.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.collector.kills import Result, run
from tests.soak.collector.places import Postgres, Sqlite
from tests.support.postgres import given_or_own_server

_DATABASES = ("sqlite", "postgresql")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.collector", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="on each database (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--on", choices=_DATABASES, action="append", help="one database alone")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    problems: list[str] = []
    for database in args.on or _DATABASES:
        folder = Path(tempfile.mkdtemp(prefix="pairlog-soak-"))
        result = soak(database, folder, args.kills, args.seed)
        _show(database, result)
        problems += result.problems
        if result.problems:
            problems.append(f"everything is kept in {folder}")
        else:
            shutil.rmtree(folder)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def soak(database: str, folder: Path, kills: int, seed: int) -> Result:
    """Kill so many times on a new store of this kind."""
    if database == "sqlite":
        return run(Sqlite(folder), folder, kills, seed, _tell)
    with given_or_own_server() as server:
        return run(Postgres(folder, server.empty()), folder, kills, seed, _tell)


def _show(database: str, result: Result) -> None:
    table = Table(database, "count")
    for name, count in sorted(result.kills.items()):
        table.add_row(f"kill -9 of a {name}", str(count))
    for name, count in sorted(result.counts.items()):
        table.add_row(f"  {name}", f"{count:,}")
    table.add_row("  seconds", f"{result.seconds:.0f}")
    table.add_row("problems", str(len(result.problems)))
    Console().print(table)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
