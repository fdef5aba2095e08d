"""What the sandbox costs: the same test run inside and outside of it, in turns."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from processing.episodes import sandbox
from processing.episodes.limits import Limits
from processing.episodes.pytest_run import PYTEST, program, run_tests
from processing.episodes.workspace import Files, lay
from tests.bench.row import Row
from tests.support.sessions import PROJECT

_TURNS = 9


def rows() -> Iterator[Row]:
    if sandbox.available() is not None:
        return
    files: Files = {
        path: (text.encode() if isinstance(text, str) else text, "100644") for path, text in PROJECT.items()
    }
    inside, outside = list[float](), list[float]()
    for _ in range(_TURNS):
        began = time.perf_counter()
        run_tests(PYTEST, files, Limits())
        inside.append(time.perf_counter() - began)
        outside.append(_outside(files))
    yield Row("test run in the sandbox", statistics.median(inside), "s")
    ratio = statistics.median(a / b for a, b in zip(inside, outside, strict=True))
    yield Row("test run in the sandbox, of the same outside", ratio, "x", 1.15)


def _outside(files: Files) -> float:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder) / "w", files)
        words = [word.replace(sandbox.REPORT, f"{folder}/report.xml") for word in program(PYTEST)]
        subprocess.run(words, cwd=f"{folder}/w", capture_output=True, check=False)
    return time.perf_counter() - began
