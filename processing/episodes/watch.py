"""Watches a sandboxed program: reads what it says, and kills its whole tree over a limit."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import Literal

from processing.episodes.limits import Limits

_LOOK_EVERY_S = 0.05
_CHUNK_BYTES = 64 * 1024
#: After the kill: how long the kernel may take to end the tree.
_KILLED_WITHIN_S = 10.0


def watch(
    process: subprocess.Popen[bytes], limits: Limits
) -> tuple[bytes, bytes, Literal["time", "memory"] | None]:
    """What a process said on standard output and standard error, each up to its limit, and why it was killed.

    Returns when both streams are closed, which is when nothing of the tree is left that could write.
    """
    said = {process.stdout: bytearray(), process.stderr: bytearray()}
    room = {process.stdout: limits.output_bytes, process.stderr: limits.report_bytes}
    stopped: Literal["time", "memory"] | None = None
    deadline = time.monotonic() + limits.wall_s
    with selectors.DefaultSelector() as selector:
        for stream in said:
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, stream)
        look_at = 0.0
        while selector.get_map():
            for key, _ in selector.select(_LOOK_EVERY_S):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if not chunk:
                    selector.unregister(key.fileobj)
                told = said[key.data]
                told += chunk[: room[key.data] - len(told)]
            now = time.monotonic()
            if now < look_at:
                continue
            look_at = now + _LOOK_EVERY_S
            if stopped is None:
                stopped = _over(process.pid, now >= deadline, limits)
                if stopped is not None:
                    os.killpg(process.pid, signal.SIGKILL)
                    deadline = now + _KILLED_WITHIN_S
            elif now >= deadline:
                break
    process.wait()
    return bytes(said[process.stdout]), bytes(said[process.stderr]), stopped


def _over(pid: int, late: bool, limits: Limits) -> Literal["time", "memory"] | None:
    if late:
        return "time"
    return "memory" if resident_bytes(pid) > limits.memory_bytes else None


def resident_bytes(pid: int) -> int:
    """The resident memory of a process and all its descendants; what has ended meanwhile counts as none."""
    waiting, total, page_bytes = [pid], 0, os.sysconf("SC_PAGE_SIZE")
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            total += int((folder / "statm").read_text().split()[1]) * page_bytes
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, IndexError):
            continue
    return total
