"""Real Pairlog processes: commands, a collector, and what still runs in a home."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pairlog.options import database_uri

PAIRLOG = [sys.executable, "-m", "pairlog"]
_SECONDS_MAX = 40.0
# A process that ends while its file in /proc is read: the file was there, and the reading finds nobody.
_GONE = (FileNotFoundError, ProcessLookupError)

T = TypeVar("T")


def wait_for(what: str, find: Callable[[], T | None], seconds: float = _SECONDS_MAX) -> T:
    """What `find` finds, as soon as it is not None. Raises TimeoutError naming `what`."""
    until = time.monotonic() + seconds
    while True:
        found = find()
        if found is not None:
            return found
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)


def pairlog(*arguments: str, home: Path | None = None) -> bytes:
    """What a command prints. Raises AssertionError with its words where it fails."""
    env = os.environ if home is None else {**os.environ, "PAIRLOG_HOME": str(home)}
    done = subprocess.run([*PAIRLOG, *arguments], capture_output=True, timeout=_SECONDS_MAX, env=env)
    assert done.returncode == 0, f"pairlog {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout


class Collector:
    """A `pairlog serve`, on a free port if none is given, with what its command line tells of its store.

    The store is in the folder `data`, or in `database`; the log is beside the folder in any case.
    """

    def __init__(self, data: Path, port: int = 0, *, database: str | None = None, workers: int = 1) -> None:
        self.data = data
        #: Its store as a source, and as the options of a command.
        self.uri = database or database_uri(data)
        self.store = ("--database-url", database) if database else ("--data", str(data))
        self._log = data.with_suffix(".log").open("wb")
        command = [*PAIRLOG, "serve", "--port", str(port), "--workers", str(workers), *self.store]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()
        if not self.address.startswith("http"):
            self.stop()
            raise AssertionError(f"no address from `pairlog serve`: {self.log()}")

    def log(self) -> str:
        """What it said on standard error."""
        return self.data.with_suffix(".log").read_text()

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        return self._process.pid

    def browser_address(self) -> str:
        """A one-time address."""
        return self.command("open", "--url", self.address).decode().strip()

    def wait(self) -> int:
        """The code that it ends with."""
        return self._process.wait(_SECONDS_MAX)

    def kill(self) -> None:
        """kill -9 of the process that was started."""
        self._process.kill()
        self._process.wait()

    def memory(self) -> int:
        """The bytes of memory that it has resident (Linux)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_s(self) -> float:
        """The seconds of a processor that it has used (Linux)."""
        user, system = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it, by its own id."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

    def command(self, *words: str) -> bytes:
        """What a command on its store prints."""
        return pairlog(*words, *self.store)

    def token(self, name: str, role: str = "contributor") -> str:
        """A new token."""
        return self.command("token", "create", name, "--role", role).decode().strip()

    def sessions(self) -> list[dict[str, Any]]:
        """The rows of `pairlog sessions --json`."""
        rows: list[dict[str, Any]] = json.loads(pairlog("sessions", "--json", *self.store))
        return rows

    def ended(self, count: int = 1) -> list[dict[str, Any]]:
        """The sessions, once there are `count` and the end of each has arrived."""

        def find() -> list[dict[str, Any]] | None:
            rows = self.sessions()
            return rows if len(rows) >= count and all(row["complete"] for row in rows) else None

        return wait_for(f"the end of {count} session(s); {self.log()[-500:]}", find)

    def events(self, session: str) -> list[dict[str, Any]]:
        """The lines of a session, decoded."""
        exported = gzip.decompress(pairlog("export", session, *self.store))
        return [json.loads(line) for line in exported.splitlines()]

    def export(self, session: str, folder: Path) -> None:
        """Write a session with its blobs."""
        pairlog("export", session, "--out", str(folder), *self.store)

    def verify(self, session: str) -> dict[str, Any]:
        """The row of `pairlog verify --json`; a mismatch is no error here."""
        done = subprocess.run([*PAIRLOG, "verify", session, "--json", *self.store], capture_output=True)
        assert done.returncode in (0, 1), done.stderr.decode()
        (row,) = json.loads(done.stdout)
        return dict(row)

    def replay(self, session: str, path: str) -> bytes:
        """A file as it stood at the end of the session."""
        return pairlog("replay", session, "--at", "end", "--file", path, *self.store)


def children(pid: int) -> set[int]:
    """The workers of a process (Linux); Python starts one more, which tracks what they share."""
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return {child for child in found if b"spawn_main" in _command(child)}


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except _GONE:
        return b""


def is_alive(pid: int) -> bool:
    """Whether a process runs, also one that is nobody's child; one not yet waited for has ended (Linux)."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except _GONE:
        return False


def end_leftovers(home: Path) -> list[str]:
    """End what still runs in a home after a while, by the ids in its pid files; returns their names.

    A sender whose spools are empty ends by itself; it gets the time to do so.
    """
    with suppress(TimeoutError):
        wait_for("the end of the sender", lambda: None if _running(home) else True, 10)
    left = _running(home)
    for pid in left.values():
        os.kill(pid, signal.SIGKILL)
    return sorted(left)


def _running(home: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for file in home.glob("*.pid"):
        try:
            pid = int(file.read_text())
            os.kill(pid, 0)
        except (OSError, ValueError):
            continue
        found[file.name] = pid
    return found
