"""`python -m tests.secrets --count 500 --seed S`: secrets planted in all ways, and who can read them.

Prints a table. Exits 1 where a secret can be read or a session does not verify.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.secrets.run import Result, run

#: Sessions are small and many: where the system has memory for files, the disk need not see them.
MEMORY = Path("/dev/shm")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.secrets", description=__doc__)
    parser.add_argument("--count", type=int, default=500, metavar="N", help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="pairlog-secrets-", dir=place) as folder:
        result = run(Path(folder), args.count, args.seed, lambda it: print(it, file=sys.stderr, flush=True))
    Console().print(table(result))
    for problem in result.problems:
        print(problem)
    return 1 if result.problems else 0


def table(result: Result) -> Table:
    """What was planted and what could be read."""
    rows = Table("what", "count")
    for name, count in sorted(result.scenarios.items()):
        rows.add_row(f"planted {name.replace('_', ' ')}", str(count))
    rows.add_row("secrets, kinds", f"{sum(result.scenarios.values())}, {len(result.kinds)}")
    rows.add_row("bodies that were read, bytes", f"{result.bodies}, {result.body_bytes}")
    rows.add_row("saves that were verified", str(result.saves))
    rows.add_row(
        "secrets of which a part had left, characters", f"{result.released}, {result.released_characters}"
    )
    rows.add_row("seconds", f"{result.seconds:.0f}")
    rows.add_row("problems", str(len(result.problems)))
    return rows


if __name__ == "__main__":
    sys.exit(main())
