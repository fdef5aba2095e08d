"""Full disks, homes that cannot be written, files that are too large. The real server process."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pairlog.home import Home
from tests.lsp_server.client import Client
from tests.lsp_server.server.spooled import kinds, spooled, verified
from tests.support.processes import PAIRLOG

X = (0, 0, 0, 0, "x")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process need Linux")
def test_a_full_disk_is_said_at_once_and_loses_nothing(
    start: Callable[..., Client], home: Home, workspace: Path
) -> None:
    client = start()
    client.initialize(workspace, consent="content")
    uri = client.open(workspace / "a.py", "")
    client.settle()
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (900, unlimited))
    for version in range(2, 102):
        client.change(uri, version, X)
    told = client.wait_message("what you do waits in memory")
    assert "make room in" in told
    status = subprocess.run(
        [*PAIRLOG, "status"],
        env={**os.environ, "PAIRLOG_HOME": str(home.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "paused" in status.stdout and "make room in" in status.stdout
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    client.wait_message("Pairlog records again")
    client.change(uri, 102, X)
    client.save(uri, "x" * 101)
    assert client.shutdown() == 0
    events = spooled(home)
    assert [event["type"] for event in events] == ["session", "open", *["edit"] * 101, "save", "end"]
    assert verified(home)


def test_a_home_that_cannot_be_written_is_said_in_one_line(
    start: Callable[..., Client], workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    client = start()
    client.initialize(workspace, consent="content", home=str(tmp_path / "file" / "home"))
    assert "set PAIRLOG_HOME to another folder" in client.wait_message("Not a directory")
    assert client.shutdown() == 0


def test_a_file_of_a_hundred_megabytes_is_refused_and_the_rest_goes_on(
    start: Callable[..., Client], home: Home, workspace: Path
) -> None:
    client = start()
    client.initialize(workspace, consent="content")
    large = client.open(workspace / "dump.sql", "x" * 100_000_000)
    client.change(large, 2, X)
    client.save(client.open(workspace / "a.py", "a"), "a")
    client.shutdown()
    assert kinds(home) == ["session", "gap", "open", "save", "end"]
    assert list(home.blobs.iterdir()) == [] and verified(home)
