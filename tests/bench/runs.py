"""What the pytest plugin costs: a run of 2,000 quick tests beside a recorder, and without it, in turns.

CPU seconds of the process, because the machine's other work would be in the time on a clock.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row
from tests.lsp_server.beside import Beside

_TURNS = 15
#: A quick test that does something: a trivial one is nothing but the runner's own work.
_TESTS = """\
import pytest


@pytest.mark.parametrize("n", range(2000))
def test_sum(n):
    assert sum(range(n)) == n * (n - 1) // 2
"""
_NOTHING = "def test_nothing(): ...\n"


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="pairlog-bench-") as folder:
        beside = Beside(Path(folder))
        beside.write("test_sum.py", _TESTS)
        beside.write("test_nothing.py", _NOTHING)
        nobody = str(Path(folder, "nobody"))
        try:
            with_it, without = _compare(beside, "test_sum.py", str(beside.home))
            yield Row(
                "pytest plugin: a run of 2,000 tests beside a recorder", statistics.median(with_it), "s"
            )
            yield Row("pytest plugin: of the same without it", _ratio(with_it, without), "x", 1.01)
            with_it, without = _compare(beside, "test_nothing.py", nobody)
            yield Row("pytest plugin: a start where no recorder is", statistics.median(with_it), "s")
            yield Row("pytest plugin: of a start without it", _ratio(with_it, without), "x", 1.01)
        finally:
            beside.client.kill()


def _compare(beside: Beside, name: str, home: str) -> tuple[list[float], list[float]]:
    with_it, without = list[float](), list[float]()
    for _ in range(_TURNS):
        with_it.append(_cpu_seconds(beside.shop, home, name))
        without.append(_cpu_seconds(beside.shop, home, name, "-p", "no:pairlog"))
    return with_it, without


def _cpu_seconds(folder: Path, home: str, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PAIRLOG_HOME": home},
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ratio(with_it: list[float], without: list[float]) -> float:
    """The middle one of the ratios of neighbours: what the machine does meanwhile, it does to both."""
    return statistics.median(a / b for a, b in zip(with_it, without, strict=True))
