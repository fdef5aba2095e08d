"""Labelled truth of runs: which text each run saw, what started it, and how each of its tests ended.

A script saves a number and runs tests of it, by real processes; some runs wait until the number was changed
and saved again, and some results come as the report of another runner.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.lsp_server.beside import SECONDS_MAX, Beside
from tests.support.processes import wait_for
from tests.truth.measure import Bar, Labelled, Told, Truth

BARS = {
    ("the text saved last", "observed"): Bar(1, 1),
    ("an earlier text", "observed"): Bar(1, 1),
    # The run of `_beside_a_server_that_just_began` is told as the server's.
    ("a run's own", "observed"): Bar(0.8, 1),
    ("nobody's", "observed"): Bar(1, 0.8),
    ("passed", "observed"): Bar(1, 1),
    ("failed", "observed"): Bar(1, 1),
}

TESTS = """\
import pathlib, time
import pytest
from number import NUMBER


@pytest.mark.parametrize("least", range(4))
def test_number(least):
    while pathlib.Path("hold").exists():
        pathlib.Path("held").touch()
        time.sleep(0.01)
    assert NUMBER >= least


def test_parts(subtests):
    for least in (1, 3):
        with subtests.test(least=least):
            assert NUMBER >= least
"""
_MINUTE = 60_000
REPORT = """<testsuite time="0.001"><testcase name="adds" classname="CartTest">{}</testcase></testsuite>"""


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """A session for each seed."""
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        script = _Script(place, random.Random(number))
        try:
            yield script.play()
        finally:
            script.beside.client.kill()


class _Script:
    """One session: the keys of its truths count the test runs."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.beside = Beside(folder)
        self._chance = chance
        self._truths: list[Truth] = []
        self._runs = 0
        self._started = 0
        self._version = 1
        self._number = 0
        self._file = self.beside.write("number.py", "NUMBER = 0\n")
        self._uri = self.beside.client.open(self._file, "NUMBER = 0\n")
        self.beside.write("test_number.py", TESTS)

    def play(self) -> Labelled:
        steps = [
            self._plain,
            self._edited_before,
            self._edited_meanwhile,
            self._in_a_terminal,
            self._in_a_terminal_told_late,
            self._beside_a_server,
            self._beside_a_server_that_just_began,
            self._by_another_runner,
            self._by_another_runner_in_two_folders,
        ]
        self._chance.shuffle(steps)
        self._plain("a run before the first save")
        for step in steps:
            self._save(self._chance.randrange(5))
            step()
        events = self.beside.ended(self._runs + self._started)
        saves = [event["seq"] for event in self.beside.events("save")]
        return Labelled(self._truths, _told(events, saves))

    def _save(self, number: int) -> None:
        self._version += 1
        self._number = number
        self.beside.client.change(self._uri, self._version, (0, 9, 0, 10, str(number)))
        self._file.write_text(f"NUMBER = {number}\n")
        self.beside.client.save(self._uri, f"NUMBER = {number}\n")
        self.beside.client.settle()

    def _plain(self, what: str = "a run in a shell") -> None:
        """A run in a shell that nobody tells of."""
        self._note(what, "the text saved last", "nobody's")
        self.beside.pytest("-q")

    def _edited_before(self) -> None:
        """The file is changed and not saved: the tests see what is on disk."""
        self._version += 1
        self.beside.client.change(self._uri, self._version, (0, 9, 0, 10, "9"))
        self._plain("a run after an edit that was not saved")

    def _edited_meanwhile(self) -> None:
        """The file is changed and saved again while the tests run."""
        self._note("a run with an edit in its middle", "the text saved last", "nobody's")
        with self._running():
            self._save((self._number + 2) % 5)

    def _in_a_terminal(self) -> None:
        self._note("a run in a terminal", "the text saved last", "a run's own")
        self._tell("started", "terminal", command="pytest -q")
        self.beside.pytest("-q")
        self._tell("ended", "terminal")

    def _in_a_terminal_told_late(self) -> None:
        """The editor tells of the terminal behind its tests and behind a save."""
        self._note("a run in a terminal that is told late", "the text saved last", "a run's own")
        with self._running():
            self._save((self._number + 2) % 5)
            self._tell("started", "terminal", command="pytest -q", ms_ago=_MINUTE)
        self._tell("ended", "terminal")

    def _beside_a_server(self) -> None:
        """A server has been open for minutes in a terminal; the run is in a shell that nobody tells of."""
        self._tell("started", "terminal", command="npm run dev", ms_ago=5 * _MINUTE)
        self._plain("a run beside a server")
        self._tell("ended", "terminal")

    def _beside_a_server_that_just_began(self) -> None:
        """Nothing tells it from a command that runs the tests, such as `make`."""
        self._tell("started", "terminal", command="npm run dev")
        self._plain("a run beside a server that just began")
        self._tell("ended", "terminal")

    def _by_another_runner(self) -> None:
        """A task whose report is found after the next save."""
        self._tell("started", "task", command="mvn test")
        self._save((self._number + 1) % 5)
        self._report("junit.xml")
        self._tell("ended", "task")

    def _by_another_runner_in_two_folders(self) -> None:
        """A task that writes two reports at once: two runs, which saw the same."""
        self._tell("started", "task", command="gradle check")
        self._save((self._number + 1) % 5)
        self._report("app/junit.xml", "lib/junit.xml")
        self._tell("ended", "task")

    @contextmanager
    def _running(self) -> Iterator[None]:
        """A run that is in its first test until this is left."""
        hold, held = self.beside.write("hold", ""), self.beside.shop / "held"
        running = self.beside.start("-q")
        wait_for("the first test", lambda: held.exists() or None)
        yield
        hold.unlink()
        running.communicate(timeout=SECONDS_MAX)
        held.unlink()

    def _report(self, *files: str) -> None:
        before = len(self._ends())
        for file in files:
            key = self._runs
            self._runs += 1
            outcome = self._chance.choice(["passed", "failed"])
            self._truths += [
                Truth(("saw", key), "an earlier text", "observed", "a task's report, found after a save"),
                Truth(("parent", key), "a run's own", "observed", "a task's report"),
                Truth((key, "CartTest::adds"), outcome, "observed", "a result in a report"),
            ]
            self.beside.write(file, REPORT.format("<failure/>" if outcome == "failed" else ""))
        wait_for("the reports", lambda: len(self._ends()) == before + len(files) or None)

    def _ends(self) -> list[dict[str, Any]]:
        return [event for event in self.beside.events("run") if event["phase"] == "ended"]

    def _tell(self, phase: str, kind: str, **told: str | int) -> None:
        self._started += phase == "started"
        self.beside.client.observe(type="run", id=f"{kind}-1", phase=phase, kind=kind, **told)
        self.beside.client.settle()

    def _note(self, what: str, saw: str, parent: str) -> None:
        key = self._runs
        self._runs += 1
        self._truths += [
            Truth(("saw", key), saw, "observed", what),
            Truth(("parent", key), parent, "observed", what),
        ]
        for least in range(4):
            outcome = "passed" if self._number >= least else "failed"
            name = f"test_number.py::test_number[{least}]"
            self._truths.append(Truth((key, name), outcome, "observed", f"a test of {what}"))
        for part, least in ((" (least=1)", 1), (" (least=3)", 3), ("", 3)):
            outcome = "passed" if self._number >= least else "failed"
            name = f"test_number.py::test_parts{part}"
            self._truths.append(Truth((key, name), outcome, "observed", f"a subtest of {what}"))


def _told(events: list[dict[str, Any]], saves: list[int]) -> list[Told]:
    told: list[Told] = []
    tests = [event for event in events if event["type"] == "run" and event.get("kind") == "test"]
    started = [event for event in tests if event["phase"] == "started"]
    for key, run in enumerate(started):
        last = max((seq for seq in saves if seq < run["seq"]), default=None)
        saw = "the text saved last" if run.get("saw", {}).get("1") == last else "an earlier text"
        parents = {event.get("parent") for event in tests if event["id"] == run["id"]} - {None}
        parent = "a run's own" if parents else "nobody's"
        told += [Told(("saw", key), saw, run["evidence"]), Told(("parent", key), parent, run["evidence"])]
        told += [
            Told((key, event["test"]), event["outcome"], event["evidence"])
            for event in events
            if event["type"] == "test" and event["run"] == run["id"]
        ]
    return told
