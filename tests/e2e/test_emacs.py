"""Emacs with eglot, as it comes, against a live collector: no plugin, no observations."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import PAIRLOG, Collector

pytestmark = pytest.mark.e2e

DRIVER = Path(__file__).parent / "emacs" / "drive.el"


def test_what_eglot_sends_replays_to_the_file_on_disk(
    tmp_path: Path, home: Path, collector: Collector
) -> None:
    if shutil.which("emacs") is None:
        pytest.fail("no emacs; install emacs-nox and elpa-eglot")
    folder = tmp_path / "shop"
    folder.mkdir()
    file = folder / "cart.py"
    file.write_text("def total(prices):\n    return sum(prices)\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    options = {
        "collectorUrl": collector.address,
        "token": collector.token("ada"),
        "home": str(home),
        "consent": "content",
    }
    plist = " ".join(f":{name} {json.dumps(value)}" for name, value in options.items())
    command = " ".join(json.dumps(word) for word in [*PAIRLOG, "lsp"])
    contact = f"({command} :initializationOptions ({plist}))"
    done = subprocess.run(
        ["emacs", "--batch", "-l", str(DRIVER), str(file), contact],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr

    (row,) = collector.ended()
    verdict = {"session": row["session"], "saves": 2, "verified": True, "first_bad_seq": None}
    assert collector.verify(row["session"]) == verdict
    assert collector.replay(row["session"], "cart.py") == file.read_bytes()
    events = collector.events(row["session"])
    assert sum(event["type"] == "edit" for event in events) > 50
    assert [event for event in events if event["type"] == "gap"] == []
    assert events[-1]["reason"] == "shutdown"
    assert "\u20ac".encode() in file.read_bytes()
