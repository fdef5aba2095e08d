"""What a keystroke costs in the recorder, beside a stock pygls server in the same run.

The cost is CPU time of the whole server process, from a didChange's bytes on its standard input to the line
in its spool; the stock server keeps its text in sync and does nothing else.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.row import Row
from tests.lsp_server.client import SERVER, Client, did_change, frame

STOCK = [sys.executable, "-c", "from pygls.lsp.server import LanguageServer as S; S('stock', '1').start_io()"]
LINE = "    result = first + second  # as it was\n"
BURST_KEYS = 1000
SINGLE_KEYS = 300
PAUSE_SECONDS = 0.003
ROUNDS = 4
_STARTS = 5


def rows() -> Iterable[Row]:
    if not sys.platform.startswith("linux"):
        yield Row("keystrokes: skipped, the CPU time of another process is read as Linux has it", 0, "")
        return
    # In turns, so that a machine that is busy for a while is busy for both.
    rounds = [(*_keystroke(SERVER, 1_000), *_keystroke(STOCK, 1_000)) for _ in range(ROUNDS)]
    burst, single, stock_burst, stock_single = (min(costs) for costs in zip(*rounds, strict=True))
    yield Row("keystroke in a burst, 1,000 lines", burst, "us")
    yield Row("keystroke in a burst, stock pygls", stock_burst, "us")
    yield Row("keystroke in a burst, part of stock", burst / stock_burst, "x", 1 / 30)
    yield Row("one keystroke at a time, 1,000 lines", single, "us")
    yield Row("one keystroke at a time, stock pygls", stock_single, "us")
    yield Row("one keystroke at a time, part of stock", single / stock_single, "x", 1 / 8)
    small = min(_burst(100) for _ in range(ROUNDS))
    large = min(_burst(100_000) for _ in range(ROUNDS))
    yield Row("keystroke in a burst, 100,000 lines beside 100", large / small, "x", 1.25)
    starts = [(_start(SERVER), _start(STOCK)) for _ in range(_STARTS)]
    start, stock_start = (min(seconds) for seconds in zip(*starts, strict=True))
    yield Row("start to ready", start * 1e3, "ms")
    yield Row("start to ready, stock pygls", stock_start * 1e3, "ms")
    yield Row("start to ready, beside stock pygls", start / stock_start, "x", 1.2)


@contextmanager
def server(command: list[str], **options: Any) -> Iterator[tuple[Client, Path]]:
    """A server that is ready, and its workspace."""
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    workspace = folder / "workspace"
    workspace.mkdir()
    client = Client(command)
    try:
        client.initialize(workspace, home=str(folder / "home"), consent="content", **options)
        yield client, workspace
        client.shutdown()
    finally:
        shutil.rmtree(folder)


def _keystroke(command: list[str], lines: int) -> tuple[float, float]:
    """Microseconds for a key in a burst, and for one that comes alone."""
    with server(command) as (client, workspace):
        uri = client.open(workspace / "a.py", LINE * lines)
        client.settle()
        burst = cost(client, list(keys(uri, lines, 1, BURST_KEYS)), 0)
        single = cost(client, list(keys(uri, lines, 1 + BURST_KEYS, SINGLE_KEYS)), PAUSE_SECONDS)
        return burst, single


def _burst(lines: int) -> float:
    """Microseconds for a key in a burst."""
    with server(SERVER) as (client, workspace):
        uri = client.open(workspace / "a.py", LINE * lines)
        client.settle()
        return cost(client, list(keys(uri, lines, 1, 4 * BURST_KEYS)), 0)


def keys(uri: str, lines: int, version: int, count: int) -> Iterator[bytes]:
    """A letter typed behind the one before, on ten lines all over the file."""
    for key in range(count):
        line, column = (key * 10 // count) * lines // 10, 4 + key % (count // 10)
        change = (line, column, line, column, "abcdefg"[key % 7])
        params = did_change(uri, version + key + 1, [change])
        yield frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})


def cost(client: Client, messages: list[bytes], pause: float) -> float:
    """Microseconds of the server's CPU time for each message."""
    before = _cpu_ns(client.process.pid)
    if pause:
        # Each is handled before the next one comes; the last one as well.
        for message in messages:
            client.write(message)
            time.sleep(pause)
    else:
        client.write(b"".join(messages))
        client.settle()
    return (_cpu_ns(client.process.pid) - before) / len(messages) / 1e3


def _cpu_ns(pid: int) -> int:
    """The CPU time of a process and all its threads: Linux numbers the clock after the process."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def _start(command: list[str]) -> float:
    """Seconds from the start of the process to the answer to `initialize`."""
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    begun = time.monotonic()
    client = Client(command)
    client.initialize(folder, home=str(folder / "home"), consent="content")
    seconds = time.monotonic() - begun
    client.shutdown()
    shutil.rmtree(folder)
    return seconds
