"""Records the bundled demo session again: `python scripts/record_demo.py [FOLDER]`.

A scripted person mends the bug of `scripts/demo_project` in a real Neovim, through the real language server,
sender and collector; the tests are really run. The person's time is told with `time` observations, so that a
session of minutes is recorded in seconds. What the collector then exports is `pairlog/data/demo`, or FOLDER.
"""

from __future__ import annotations

import getpass
import gzip
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pairlog.source.files import FileSource  # noqa: E402
from pairlog.workspace import commit_all  # noqa: E402
from tests.support.neovim import Neovim  # noqa: E402
from tests.support.processes import PAIRLOG, Collector, end_leftovers  # noqa: E402

PROJECT = ROOT / "scripts" / "demo_project"
GHOST = ROOT / "scripts" / "demo_ghost.lua"
TARGET = ROOT / "pairlog" / "data" / "demo"

_BYTES_MAX = 200 * 1024
_PYTEST = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
_SEED = 20261123
_MERGE, _TEST = "slots/merge.py", "tests/test_merge.py"


class Person:
    """Somebody at the keyboard: keys and thoughts take the time that they take."""

    def __init__(self, neovim: Neovim, folder: Path) -> None:
        self.neovim = neovim
        self._folder = folder
        self._chance = random.Random(_SEED)
        self._t = 0
        self._runs = 0
        neovim.before_key = self._key
        neovim.api.exec_lua("package.loaded.demo_ghost = dofile(...)", str(GHOST))

    def think(self, seconds: float) -> None:
        """Let time pass."""
        self._pass(int(seconds * 1000 * self._chance.uniform(0.8, 1.25)))

    def look(self, focused: bool) -> None:
        """Turn to the editor's window, or away from it."""
        self.think(0.4)
        self.neovim.api.command(f"doautocmd <nomodeline> Focus{'Gained' if focused else 'Lost'}")

    def offered(self, name: str, text: str) -> None:
        """A completion appears, and is read."""
        self.think(0.3)
        self.neovim.api.exec_lua('require("demo_ghost").show(...)', name, text)
        self.think(1.5)

    def run_tests(self) -> int:
        """Run the tests in another window and tell the recorder as a client does; returns the exit code."""
        self.look(False)
        self.think(1.2)
        self._runs += 1
        run = f"run-{self._runs}"
        observe = self.neovim.observe
        observe(type="run", id=run, phase="started", kind="test", command="python -m pytest -q")
        began = time.monotonic()
        code, output, results = _pytest(self._folder)
        took_ms = round((time.monotonic() - began) * 1000)
        self._pass(took_ms)
        observe(type="run", id=run, phase="output", output=output)
        for result in results:
            observe(type="test", run=run, **result)
        observe(type="run", id=run, phase="ended", exit_code=code, duration_ms=took_ms)
        self.think(4)
        self.look(True)
        return code

    def _key(self, key: str) -> None:
        slow = key in (" ", "<CR>", "<Esc>", "<Tab>")
        self._pass(round(self._chance.triangular(80, 250, 160 if slow else 110)))

    def _pass(self, milliseconds: int) -> None:
        self._t += milliseconds
        self.neovim.observe(type="time", t=self._t)


def story(person: Person) -> None:
    """How the bug is found: a wrong guess first, then the cause."""
    neovim = person.neovim
    neovim.open(_MERGE)
    neovim.wait_state("recording")
    person.look(True)
    person.think(5)
    neovim.type("jjjjj")
    person.think(3)
    assert person.run_tests() == 1

    neovim.open(_TEST)
    person.think(2)
    neovim.type("Gkk")
    person.think(8)
    neovim.type(":bdelete<CR>")
    person.think(3)

    # Perhaps they are in the wrong order?
    neovim.type("jjj")
    neovim.press("f)")
    neovim.type("i")
    neovim.insert(", key=lamda")
    person.think(0.5)
    neovim.type("<BS><BS>")
    neovim.insert("bda it: it.start")
    neovim.save()
    assert person.run_tests() == 1
    person.think(6)
    neovim.type("u")
    person.think(4)

    # The last end counts, not the latest one.
    neovim.type("jjcc")
    neovim.insert("last = merged[-1]\n            ")
    person.offered("c1", "merged[-1] = Interval(last.start, current.end)")
    neovim.press("<C-e>", until=lambda: not neovim.api.exec_lua('return require("demo_ghost").is_shown()'))
    person.think(1.5)
    neovim.insert("end = mx(")
    person.think(0.4)
    neovim.type("<BS><BS>")
    neovim.insert("ax(last.end, ")
    person.offered("c2", "current.end)\n            merged[-1] = Interval(last.start, end)")
    neovim.type("<Tab>")
    neovim.save()
    assert person.run_tests() == 0

    person.think(2)
    neovim.type("kO")
    neovim.insert("# An interval inside anther")
    neovim.type("<BS><BS><BS><BS>")
    neovim.insert("other must not cut it short.")
    neovim.save()
    assert person.run_tests() == 0
    neovim.type(":bdelete<CR>")
    neovim.quit()


def record(folder: Path) -> Path:
    """Record the story with everything below `folder`; returns the exported session."""
    workspace, home, exported = folder / "slots", folder / "home", folder / "exported"
    shutil.copytree(PROJECT, workspace, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    commit_all(workspace)
    collector = Collector(folder / "collector")
    neovim = None
    try:
        options = {
            "collectorUrl": collector.address,
            "token": collector.token("demo"),
            "home": str(home),
            "consent": "workspace",
            "use": "public",
            "clock": "client",
        }
        neovim = Neovim(workspace, options, [*PAIRLOG, "lsp"], {"HOME": str(folder)}, cursor_ms=0)
        story(Person(neovim, workspace))
        (row,) = collector.ended()
        verdict = collector.verify(row["session"])
        assert verdict["verified"], verdict
        saved = (workspace / _MERGE).read_bytes()
        assert collector.replay(row["session"], _MERGE) == saved
        collector.export(row["session"], exported)
    finally:
        if neovim is not None:
            neovim.close()
        left = end_leftovers(home)
        collector.stop()
    assert not left, f"still running in the home: {left}"
    return exported


def check(exported: Path, folder: Path) -> None:
    """Stop where the recording names this machine or a person, is too large, or is not whole."""
    files = [file for file in exported.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    assert size < _BYTES_MAX, f"{size} bytes"
    places = ("/home/", "/root/", "/tmp/", "/Users/", str(folder), str(ROOT), str(Path.home()))
    names = [rf"\b{re.escape(name)}\b" for name in (getpass.getuser(), socket.gethostname())]
    pattern = re.compile("|".join([*map(re.escape, places), *names]))
    for file in files:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
        found = pattern.search(text)
        assert not found, (
            f"{file.name} holds {found and text[max(0, found.start() - 60) : found.end() + 20]!r}"
        )
        assert '"remote"' not in text, f"{file.name} names a remote"
    (row,) = FileSource(exported).sessions()
    assert row.complete and row.verified and row.use == "public" and row.consent == "workspace", row
    print(f"{row.session}: {row.events} events, {size} bytes in {len(files)} files")
    kinds = Counter(re.findall(rb'"type":"(\w+)"', b"\n".join(FileSource(exported).lines(row.session))))
    print(", ".join(f"{count} {kind.decode()}" for kind, count in kinds.most_common()))


def main(target: Path) -> None:
    """Record, check, and put the recording in its place."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = Path(name)
        exported = record(folder)
        check(exported, folder)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(exported, target)


def _pytest(folder: Path) -> tuple[int, str, list[dict[str, Any]]]:
    """Run the tests of a folder: exit code, output, and each result as an observation."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(
            [*_PYTEST, f"--junitxml={report.name}"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        cases = ElementTree.parse(report.name).iter("testcase")
        # Where the report lies is this script's own affair.
        output = "".join(line for line in done.stdout.splitlines(True) if report.name not in line)
        return done.returncode, output, [_result(case) for case in cases]


def _result(case: ElementTree.Element) -> dict[str, Any]:
    file = case.attrib["file"]
    result: dict[str, Any] = {
        "test": f"{file}::{case.attrib['name']}",
        "outcome": "passed",
        "duration_ms": round(float(case.attrib["time"]) * 1000),
    }
    failure = case.find("failure")
    if failure is not None:
        result |= {"outcome": "failed", "message": failure.attrib["message"], "path": file}
        place = re.search(rf"^{re.escape(file)}:(\d+):", failure.text or "", re.MULTILINE)
        if place:
            result["line"] = int(place[1])
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
