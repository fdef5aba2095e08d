"""The script that records the bundled demo still records it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pairlog
from pairlog.source.files import FileSource

pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).parents[2] / "scripts" / "record_demo.py"
BUNDLED = Path(pairlog.__file__).parent / "data" / "demo"


def story(folder: Path) -> list[Any]:
    """What was typed, saved and tested; not when, and not where the cursor was seen on the way."""
    source = FileSource(folder)
    (row,) = source.sessions()
    events = [json.loads(line) for line in source.lines(row.session)]
    names = ("path", "changes", "cause", "ref", "sha256", "phase", "exit_code", "test", "outcome", "head")
    return [
        (event["type"], {name: event[name] for name in names if name in event})
        for event in events
        if event["type"] not in ("session", "select")
    ]


def test_the_demo_recorded_again_tells_the_bundled_story(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "demo")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert story(tmp_path / "demo") == story(BUNDLED)
