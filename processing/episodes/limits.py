"""What a sandboxed program may use, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one sandboxed run. Over `wall_s` or `memory_bytes` the whole tree of processes is killed."""

    wall_s: float = 60.0
    cpu_s: int = 60
    #: Of one process as address space, of all together as resident memory.
    memory_bytes: int = 2048 * MIB
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MIB
    #: Of the workspace, and of /tmp, each; they live in memory.
    disk_bytes: int = 256 * MIB
    #: Of the output, from its beginning; what follows is read and thrown away.
    output_bytes: int = 256 * 1024
    report_bytes: int = 4 * MIB


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a sandboxed program ended.

    `stopped` names the limit for which it was killed; `exit_code` is None then. `output` is standard output
    and standard error as they came, cut at the limit; `report` is the report file, empty where there is none.
    """

    exit_code: int | None
    output: bytes
    report: bytes
    duration_s: float
    stopped: Literal["time", "memory"] | None = None
