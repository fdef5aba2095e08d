"""`make bench`: every module's rows, printed as a table and written to build/bench.json.

Exits 0 whatever the numbers are: a bar that is missed is shown, and no timing decides over a commit.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import tests.bench as package
from tests.bench.row import Row

OUT = Path("build/bench.json")


def main(names: list[str]) -> None:
    rows: list[Row] = []
    table = Table("what", "value", "unit", "bar", "holds")
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"tests.bench.{info.name}") if info.name[0] != "_" else None
        if not hasattr(module, "rows") or (names and info.name not in names):
            continue
        begun = time.monotonic()
        for row in module.rows():
            rows.append(row)
            bar = "" if row.bar is None else f"{row.side} {row.bar:g}"
            holds = {None: "", True: "yes", False: "[bold red]no[/]"}[row.holds]
            table.add_row(row.name, f"{row.value:.4g}", row.unit, bar, holds)
        print(f"{info.name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
