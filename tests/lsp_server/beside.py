"""A real recorder of a folder, and real runs of pytest beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lsp_server.client import Client
from tests.support.processes import wait_for

SECONDS_MAX = 40


class Beside:
    """A folder `shop` that is recorded, and the home of its recorder."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.shop = folder / "shop"
        self.shop.mkdir(exist_ok=True)
        self.client = self.recorder(self.shop)

    def recorder(self, root: Path, **options: Any) -> Client:
        client = Client(env={"PAIRLOG_HOME": str(self.home)})
        client.initialize(root, **{"consent": "content", **options})
        client.wait_status("offline")
        listening = self.home / "listening"
        wait_for(
            "a recorder that listens",
            lambda: (
                [
                    file
                    for file in listening.glob("*.json")
                    if json.loads(file.read_bytes())["workspace"] == os.path.realpath(root)
                ]
                or None
            ),
        )
        return client

    def write(self, name: str, text: str) -> Path:
        file = self.shop / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def start(self, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.Popen[bytes]:
        return self._start("-m", "pytest", "-p", "no:cacheprovider", *arguments, cwd=cwd, **env)

    def _start(self, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd or self.shop,
            env={**kept, "PAIRLOG_HOME": str(self.home), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Who runs us may have us ignore interrupts; the tests beside us must not inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def pytest(self, *arguments: str, cwd: Path | None = None) -> int:
        process = self.start(*arguments, cwd=cwd)
        process.communicate(timeout=SECONDS_MAX)
        return process.returncode

    def python(self, *arguments: str) -> int:
        """Python itself, in the folder."""
        process = self._start(*arguments)
        process.communicate(timeout=SECONDS_MAX)
        return process.returncode

    def events(self, *types: str, client: Client | None = None) -> list[dict[str, Any]]:
        """The session's events of these types, in their order."""
        session = (client or self.client).wait_status("offline")["session"]
        # The last line may still be on its way.
        lines = (self.home / "spool" / f"{session}.ndjson").read_bytes().rpartition(b"\n")[0].splitlines()
        return [event for event in map(json.loads, lines) if event["type"] in types]

    def ended(self, count: int = 1) -> list[dict[str, Any]]:
        """All events of runs and tests, as soon as so many runs have ended."""

        def find() -> list[dict[str, Any]] | None:
            found = self.events("run", "test", "gap")
            return found if sum(event.get("phase") == "ended" for event in found) >= count else None

        return wait_for("the end of the run", find)
