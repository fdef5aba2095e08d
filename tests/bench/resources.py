"""What recorder and sender take of a machine, with ten files of 1 MB open: memory, and CPU at rest."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lsp_server.orders.overview import overview
from pairlog.home import Home
from tests.bench.row import Row
from tests.lsp_server.client import Client
from tests.support.processes import Collector, wait_for

_FILES = 10
_LINE = "    result = first + second  # as it was\n"
_FILE = _LINE * (1_000_000 // len(_LINE))
_KEYS = 50
_REST_SECONDS = 20.0
_WAKING = """
import os, time
print(flush=True)
while True:
    time.sleep(1)
    for folder in ("/", "/tmp", "/usr"):
        os.stat(folder)
"""
#: What was typed last is on its way for a while (`hold_s`).
_SETTLED_SECONDS_MAX = 90.0


def rows() -> Iterable[Row]:
    if not sys.platform.startswith("linux"):
        yield Row("memory and CPU at rest: skipped, other processes are measured as Linux has it", 0, "")
        return
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    home, workspace = Home(folder / "home"), folder / "workspace"
    workspace.mkdir()
    collector = Collector(folder / "data")
    client = Client()
    try:
        token = collector.token("bench")
        client.initialize(
            workspace, home=str(home.path), consent="content", collectorUrl=collector.address, token=token
        )
        _work(client, workspace)
        pids = [client.process.pid, _sender(home)]
        wait_for("everything sent", lambda: _is_sent(home), _SETTLED_SECONDS_MAX)
        memory = [_memory_mb(pid) for pid in pids]
        yield Row("memory of the recorder, ten files of 1 MB open", memory[0], "MB")
        yield Row("memory of the sender", memory[1], "MB")
        yield Row("memory of both", sum(memory), "MB", 120)
        with _waking() as waking:
            recorder, sender, control = _rest([*pids, waking])
        yield Row("CPU at rest, recorder and sender, part of a core", recorder + sender, "%", 0.1)
        yield Row("meanwhile, a process that looks at three files each second", control, "%")
        client.shutdown()
        wait_for("the end of the sender", lambda: None if (home.path / "sender.pid").exists() else True)
    finally:
        if client.process.poll() is None:
            client.kill()
        collector.stop()
        shutil.rmtree(folder)


def _work(client: Client, workspace: Path) -> None:
    for number in range(_FILES):
        uri = client.open(workspace / f"{number}.py", _FILE)
        for key in range(_KEYS):
            client.change(uri, key + 2, (key * 400, key, key * 400, key, "x"))
    client.settle()


def _sender(home: Home) -> int:
    def find() -> int | None:
        file = home.path / "sender.pid"
        return int(file.read_text() or 0) or None if file.exists() else None

    return wait_for("the sender", find)


def _is_sent(home: Home) -> bool | None:
    found = overview(home).sessions
    return True if found and all(session.waiting == 0 for session in found) else None


def _memory_mb(pid: int) -> float:
    """The memory that is resident, shared pages included."""
    status = Path(f"/proc/{pid}/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024


@contextmanager
def _waking() -> Iterator[int]:
    """The id of a process that does hardly more than to wake up: what that alone costs on this machine."""
    process = subprocess.Popen([sys.executable, "-c", _WAKING], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _rest(pids: list[int]) -> list[float]:
    """The percentages of a core that these processes use while nothing happens."""
    before, begun = [*map(_cpu_ns, pids)], time.monotonic()
    time.sleep(_REST_SECONDS)
    seconds = time.monotonic() - begun
    return [(_cpu_ns(pid) - first) / 1e9 / seconds * 100 for pid, first in zip(pids, before, strict=True)]


def _cpu_ns(pid: int) -> int:
    """The CPU time of a process and all its threads: Linux numbers the clock after the process."""
    return time.clock_gettime_ns((~pid << 3) | 2)
