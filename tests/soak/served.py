"""A collector that is killed and comes back on the same folder and port."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.processes import PAIRLOG, pairlog


class Served:
    """`pairlog serve` on one port, killed and started again without waiting for it.

    The store is in the folder `data`, or where `store` says; `options` are those of the command. The log is
    beside the folder in any case.
    """

    def __init__(self, data: Path, store: Sequence[str] = (), options: Sequence[str] = ()) -> None:
        self.data = data
        self.store = store or ("--data", str(data))
        self._options = options
        self._log = data.with_suffix(".log").open("wb")
        #: How long it took from the last start to the first answer, in seconds.
        self.start_s = 0.0
        self._start(0)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()
        assert self.address.startswith("http"), self.log()
        self._is_ready = True
        created = pairlog("token", "create", "soak", "--role", "contributor", *self.store)
        self.token = created.decode().strip()

    def kill(self) -> None:
        """kill -9, and start another one."""
        self.die()
        self.rise()

    def die(self) -> None:
        """kill -9 of the process that was started."""
        self._process.kill()
        self._wait()

    def rise(self) -> None:
        """Start another one."""
        self._start(int(self.address.rpartition(":")[2]))

    @property
    def pid(self) -> int:
        """The id of the process that was started."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait until it says that it answers."""
        assert self._process.stdout is not None
        while not self._is_ready and (line := self._process.stdout.readline()):
            self._is_ready = line.startswith(b"http")
            self.start_s = time.monotonic() - self._started
        if self._process.poll() not in (None, 0):
            raise AssertionError(f"the collector ended: {self.log()}")

    def stop(self) -> None:
        """End it as an operator does."""
        self._process.terminate()
        self._wait()
        self._log.close()

    def log(self) -> str:
        """What all of them said on standard error."""
        return self.data.with_suffix(".log").read_text()

    def _start(self, port: int) -> None:
        command = [*PAIRLOG, "serve", "--port", str(port), *self.store, *self._options]
        self._is_ready = False
        self._started = time.monotonic()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)

    def _wait(self) -> None:
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()
