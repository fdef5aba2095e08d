"""Emacs with eglot and `docs/editors/emacs.el`, against a live collector."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.emacs import Emacs, setup
from tests.support.processes import PAIRLOG, Collector, wait_for

pytestmark = pytest.mark.e2e

DRIVER = Path(__file__).parent / "emacs" / "drive.el"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    if shutil.which("emacs") is None:
        pytest.fail("no emacs; install emacs-nox and elpa-eglot")
    folder = tmp_path / "shop"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


@pytest.fixture
def init(tmp_path: Path, home: Path, collector: Collector) -> Callable[..., Path]:
    """Writes the init file of an Emacs that records some modes."""

    def write(*modes: str) -> Path:
        options = {
            "collectorUrl": collector.address,
            "token": collector.token("mine"),
            "home": str(home),
            "consent": "content",
        }
        return setup(tmp_path, list(modes), [*PAIRLOG, "lsp"], options)

    return write


def check_whole(collector: Collector, saves: int) -> list[dict[str, Any]]:
    """The events of the only session, which verifies, without a gap, and ended as it should."""
    (row,) = collector.ended()
    verdict = {"session": row["session"], "saves": saves, "verified": True, "first_bad_seq": None}
    assert collector.verify(row["session"]) == verdict
    events = collector.events(row["session"])
    assert [event for event in events if event["type"] == "gap"] == []
    assert events[-1]["reason"] == "shutdown"
    return events


def test_what_eglot_sends_replays_to_the_file_on_disk(
    workspace: Path, collector: Collector, init: Callable[..., Path]
) -> None:
    file = workspace / "cart.py"
    file.write_text("def total(prices):\n    return sum(prices)\n")
    done = subprocess.run(
        ["emacs", "--batch", "-l", str(init("python-mode")), "-l", str(DRIVER), str(file)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr

    events = check_whole(collector, saves=2)
    assert collector.replay(events[0]["session"], "cart.py") == file.read_bytes()
    assert sum(event["type"] == "edit" for event in events) > 50
    assert "\u20ac".encode() in file.read_bytes()


def test_undo_and_yank_say_that_they_are(
    workspace: Path, home: Path, collector: Collector, init: Callable[..., Path]
) -> None:
    file = workspace / "list.txt"
    file.write_text("one\ntwo\n")

    def spooled(part: bytes, count: int = 1) -> None:
        def find() -> bool | None:
            text = b"".join(spool.read_bytes() for spool in home.glob("spool/*.ndjson"))
            return text.count(part) >= count or None

        wait_for(f"{count} times {part!r} in the spool; {emacs.screen[-500:]!r}", find, 20)

    emacs = Emacs(init("text-mode"), file)
    try:
        spooled(b'"open"')
        # Kill the line and yank it twice, undo that, and undo the undo.
        for number, key in enumerate(["\x0b", "\x19", "\x19", "\x1f", "x", "\x1f", "\x1f"], start=1):
            emacs.press(key)
            spooled(b'"edit"', number)
        emacs.press("\x18\x13")
        spooled(b'"save"')
        assert emacs.quit() == 0
    finally:
        emacs.close()

    events = check_whole(collector, saves=1)
    told = [event.get("cause") for event in events if event["type"] == "edit"]
    assert told == [None, "paste", "paste", "undo", None, "undo", "undo"]


def test_each_key_at_a_terminal_is_an_edit_of_its_own(
    workspace: Path, home: Path, collector: Collector, init: Callable[..., Path]
) -> None:
    file = workspace / "list.txt"
    file.write_bytes(b"one\r\ntwo\r\n")

    def spooled(part: bytes, count: int = 1) -> None:
        def find() -> bool | None:
            text = b"".join(spool.read_bytes() for spool in home.glob("spool/*.ndjson"))
            return text.count(part) >= count or None

        wait_for(f"{count} times {part!r} in the spool; {emacs.screen[-500:]!r}", find, 20)

    emacs = Emacs(init("text-mode"), file)
    try:
        spooled(b'"open"')
        typed = "na\u00efve \U0001f600\u6f22e\u0301\r- x\x7f\x7f"
        for number, key in enumerate(typed, start=1):
            emacs.press(key)
            spooled(b'"edit"', number)
        emacs.press("\x18\x13")
        spooled(b'"save"')
        assert emacs.quit() == 0
    finally:
        emacs.close()

    events = check_whole(collector, saves=1)
    assert sum(event["type"] == "edit" for event in events) == len(typed)
    assert events[0]["position_encoding"] == "utf-16"
    # Emacs keeps line ends apart from the text: what it sends has LF, and so has the replay.
    replayed = collector.replay(events[0]["session"], "list.txt")
    assert replayed == "na\u00efve \U0001f600\u6f22e\u0301\n-one\ntwo\n".encode()
    assert file.read_bytes() == replayed.replace(b"\n", b"\r\n")
