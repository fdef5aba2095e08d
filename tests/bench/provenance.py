"""What a key costs in knowing which line brought which character: the same, however long the file is."""

from __future__ import annotations

import time
from collections.abc import Iterable

from pairlog.provenance import Provenance
from tests.bench.row import Row

_LINE = "    result = first + second  # as it was\n"
_SIZES = (100, 10_000, 100_000)
_KEYS = 5_000
_ROUNDS = 3
#: A line that grows for ever would be what is measured.
_KEYS_IN_A_LINE = 40


def rows() -> Iterable[Row]:
    costs = {size: min(_microseconds(size) for _ in range(_ROUNDS)) for size in _SIZES}
    for size, cost in costs.items():
        yield Row(f"provenance, a key in {size:,} lines", cost, "us")
    yield Row("provenance, 100,000 lines beside 100", costs[100_000] / costs[100], "x", 1.25)


def _microseconds(lines: int) -> float:
    """The CPU time of a key, typed at the ends of lines in the middle of a file that was edited before."""
    provenance = Provenance("utf-16")
    provenance.open(0, 1, _LINE * lines)
    column = len(_LINE) - 1
    provenance.edit(1, 1, [(0, 0, 0, 0, "x")])
    begun = time.thread_time()
    for key in range(_KEYS):
        line = lines // 4 + key // _KEYS_IN_A_LINE % (lines // 2)
        at = column + key % _KEYS_IN_A_LINE
        provenance.edit(2 + key, 1, [(line, at, line, at, "y")])
    return (time.thread_time() - begun) / _KEYS * 1e6
