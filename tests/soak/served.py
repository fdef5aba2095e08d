"""A collector that is killed and comes back on the same folder and port."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.processes import PAIRLOG, pairlog


class Served:
    """`pairlog serve` on one folder and one port, killed and started again without waiting for it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._log = data.with_suffix(".log").open("wb")
        self._start(0)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()
        assert self.address.startswith("http"), self.log()
        created = pairlog("token", "create", "soak", "--role", "contributor", "--data", str(data))
        self.token = created.decode().strip()

    def kill(self) -> None:
        """kill -9, and start another one."""
        self._process.kill()
        self._wait()
        self._start(int(self.address.rpartition(":")[2]))

    def wait_ready(self) -> None:
        """Wait until it says that it answers."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.startswith(b"Open once"):
                return
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
        command = [*PAIRLOG, "serve", "--port", str(port), "--data", str(self.data)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log)

    def _wait(self) -> None:
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()
