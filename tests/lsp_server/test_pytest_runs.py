"""Real runs of pytest beside a real recorder."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pairlog.listening import Listener, connect
from tests.lsp_server.beside import SECONDS_MAX, Beside
from tests.support.processes import wait_for


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Beside]:
    made = Beside(tmp_path)
    yield made
    made.client.kill()


def results(events: list[dict[str, Any]]) -> dict[str, str]:
    return {event["test"]: event["outcome"] for event in events if event["type"] == "test"}


def test_a_run_is_told_from_its_start_to_its_end(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "def test_sum():\n    print('adding')\n    assert 1 + 1 == 2\n\n\n"
        "def test_total():\n    assert 1 == 2\n",
    )
    assert scene.pytest("-q") == 1
    started, passed, failed, ended = scene.ended()
    run = started["id"]
    assert {key: started[key] for key in ("phase", "kind", "command", "evidence")} == {
        "phase": "started",
        "kind": "test",
        "command": "python -m pytest -p no:cacheprovider -q",
        "evidence": "observed",
    }
    assert passed["duration_ms"] < 1000
    assert {key: value for key, value in passed.items() if key not in ("seq", "t", "duration_ms")} == {
        "type": "test",
        "run": run,
        "test": "test_cart.py::test_sum",
        "outcome": "passed",
        "path": "test_cart.py",
        "line": 0,
        "output": "adding\n",
        "evidence": "observed",
    }
    assert (failed["outcome"], failed["path"], failed["line"]) == ("failed", "test_cart.py", 6)
    assert "assert 1 == 2" in failed["message"]
    assert (ended["id"], ended["phase"], ended["exit_code"]) == (run, "ended", 1)
    assert ended["duration_ms"] > 0


def test_a_run_saw_what_was_saved_before_it_and_not_what_is_saved_while_it_runs(scene: Beside) -> None:
    before = "def total():\n    return 1\n"
    file = scene.write("cart.py", before)
    waits = "import pathlib, time\nfrom cart import total\n\n\ndef test_total():\n"
    waits += "    pathlib.Path('begun').touch()\n"
    waits += "    while not pathlib.Path('go').exists():\n        time.sleep(0.01)\n    assert total() == 2\n"
    scene.write("test_cart.py", waits)
    uri = scene.client.open(file, before)
    scene.client.change(uri, 2, (1, 11, 1, 12, "2"))
    file.write_text(before.replace("1", "2"))
    scene.client.save(uri, before.replace("1", "2"))
    scene.client.settle()
    running = scene.start("-q")
    wait_for("the test", lambda: (scene.shop / "begun").exists() or None)
    scene.client.change(uri, 3, (1, 11, 1, 12, "3"))
    file.write_text(before.replace("1", "3"))
    scene.client.save(uri, before.replace("1", "3"))
    scene.client.settle()
    (scene.shop / "go").touch()
    running.communicate(timeout=SECONDS_MAX)
    assert running.returncode == 0
    first, second = scene.events("save")
    started, result, _ = scene.ended()
    assert started["saw"]["1"] == first["seq"]
    assert result["outcome"] == "passed"
    assert second["seq"] < result["seq"]


def test_every_outcome_has_its_word(scene: Beside) -> None:
    scene.write(
        "test_all.py",
        "import pytest\n\n\n"
        "@pytest.fixture\ndef broken():\n    raise RuntimeError('no database')\n\n\n"
        "@pytest.fixture\ndef leaves():\n    yield\n    raise RuntimeError('still open')\n\n\n"
        "def test_error(broken): ...\n\n\n"
        "def test_left(leaves): ...\n\n\n"
        "@pytest.mark.skip(reason='later')\ndef test_skipped(): ...\n\n\n"
        "@pytest.mark.xfail(reason='known')\ndef test_expected():\n    assert 0\n\n\n"
        "@pytest.mark.xfail\ndef test_surprise(): ...\n\n\n"
        "@pytest.mark.parametrize('x', ['a b', 'ü::[x]', '\\ud800', '\\n'])\ndef test_ids(x): ...\n",
    )
    scene.write("test_broken.py", "import nothing_of_this_name\n")
    assert scene.pytest("-q", "--continue-on-collection-errors") == 1
    events = scene.ended()
    told = [(event["test"].partition("::")[2] or event["test"], event["outcome"]) for event in events[1:-1]]
    assert told == [
        ("test_broken.py", "error"),
        ("test_error", "error"),
        ("test_left", "passed"),
        ("test_left", "error"),
        ("test_skipped", "skipped"),
        ("test_expected", "xfailed"),
        ("test_surprise", "xpassed"),
        ("test_ids[a b]", "passed"),
        ("test_ids[\\xfc::[x]]", "passed"),
        ("test_ids[\\ud800]", "passed"),
        ("test_ids[\\n]", "passed"),
    ]


@pytest.mark.parametrize("arguments", [("-x", "-q"), ("-q", "--maxfail=1")])
def test_a_run_that_stops_early_has_its_end(scene: Beside, arguments: tuple[str, ...]) -> None:
    scene.write("test_cart.py", "def test_a():\n    assert 0\n\n\ndef test_b(): ...\n")
    assert scene.pytest(*arguments) == 1
    events = scene.ended()
    assert results(events) == {"test_cart.py::test_a": "failed"}
    assert events[-1]["exit_code"] == 1


def test_a_run_that_a_person_interrupts_has_its_end(scene: Beside) -> None:
    scene.write("test_cart.py", "import time\n\n\ndef test_a(): ...\n\n\ndef test_b():\n    time.sleep(60)\n")
    running = scene.start("-q")
    wait_for("the first test", lambda: scene.events("test") or None)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=SECONDS_MAX)
    assert scene.ended()[-1]["exit_code"] == 2


def test_a_run_whose_process_dies_has_no_end_and_a_gap_that_says_so(scene: Beside) -> None:
    scene.write("test_cart.py", "import os\n\n\ndef test_a(): ...\n\n\ndef test_b():\n    os.abort()\n")
    assert scene.pytest("-q") < 0
    gaps = wait_for("the gap", lambda: scene.events("gap") or None)
    assert [(gap["reason"], gap["detail"]) for gap in gaps] == [
        ("not_emitted", "a test run broke off before its end was told")
    ]
    assert [event["phase"] for event in scene.events("run")] == ["started"]


def test_each_subtest_is_told_by_its_own_name(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "import unittest\n\n\ndef test_a(subtests):\n    for i in range(3):\n"
        "        with subtests.test('at', i=i):\n            assert i != 1\n\n\n"
        "class TestB(unittest.TestCase):\n    def test_b(self):\n"
        "        with self.subTest():\n            self.assertTrue(1)\n",
    )
    assert scene.pytest("-q") == 1
    told = [(event["test"], event["outcome"]) for event in scene.ended() if event["type"] == "test"]
    assert told == [
        ("test_cart.py::test_a [at] (i=0)", "passed"),
        ("test_cart.py::test_a [at] (i=1)", "failed"),
        ("test_cart.py::test_a [at] (i=2)", "passed"),
        ("test_cart.py::test_a", "failed"),
        ("test_cart.py::TestB::test_b (<subtest>)", "passed"),
        ("test_cart.py::TestB::test_b", "passed"),
    ]


def test_a_second_run_of_a_process_begins_when_it_begins(scene: Beside) -> None:
    scene.write("test_cart.py", "import time\n\n\ndef test_a():\n    time.sleep(0.5)\n")
    twice = "import pytest\npytest.main(['-q'])\npytest.main(['-q', '--deselect', 'test_cart.py::test_a'])\n"
    assert scene.python("-c", twice) == 0
    first, second = [event for event in scene.ended(2) if event.get("phase") == "ended"]
    assert first["duration_ms"] >= 500 > second["duration_ms"]


def test_a_report_that_cannot_be_told_costs_no_other_one(scene: Beside) -> None:
    scene.write(
        "conftest.py",
        "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = yield\n    if item.name == 'test_odd':\n        report.duration = None\n"
        "    return report\n",
    )
    scene.write("test_cart.py", "def test_a(): ...\n\n\ndef test_odd(): ...\n\n\ndef test_b(): ...\n")
    scene.pytest("-q")
    events = scene.ended()
    assert results(events) == {"test_cart.py::test_a": "passed", "test_cart.py::test_b": "passed"}
    assert [event["count"] for event in events if event["type"] == "gap"] == [1]


def test_long_outputs_are_cut_and_say_by_how_much(scene: Beside) -> None:
    scene.write(
        "test_cart.py", "def test_a():\n    print('x' * 3_000_000)\n    print('the reason')\n    assert 0\n"
    )
    scene.pytest("-q")
    (result,) = [event for event in scene.ended() if event["type"] == "test"]
    assert result["output"].startswith("[2983628 characters before this were cut]\nxxx")
    assert result["output"].endswith("xxx\nthe reason\n")
    assert len(result["output"]) < 17_000


def test_where_the_recorder_dies_the_run_goes_on(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "import pathlib, time\nimport pytest\n\n\ndef test_a():\n    pathlib.Path('begun').touch()\n"
        "    while not pathlib.Path('go').exists():\n        time.sleep(0.01)\n\n\n"
        "@pytest.mark.parametrize('x', range(300))\ndef test_b(x):\n    print('x' * 1000)\n",
    )
    running = scene.start("-q")
    wait_for("the test", lambda: (scene.shop / "begun").exists() or None)
    scene.client.kill()
    (scene.shop / "go").touch()
    output, _ = running.communicate(timeout=SECONDS_MAX)
    assert running.returncode == 0, output
    assert b"301 passed" in output


def test_a_recorder_that_hangs_costs_a_run_nothing_and_what_it_missed_is_a_gap(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "import pytest\n\n\n@pytest.mark.parametrize('x', range(600))\n"
        "def test_b(x):\n    print('x' * 15_000)\n",
    )
    scene.client.process.send_signal(signal.SIGSTOP)
    try:
        assert scene.pytest("-q") == 0
    finally:
        scene.client.process.send_signal(signal.SIGCONT)
    gaps = wait_for("the gap", lambda: scene.events("gap") or None)
    assert [(gap["reason"], gap["detail"]) for gap in gaps] == [
        ("not_emitted", "a test run broke off before its end was told")
    ]
    assert 0 < len(scene.events("test")) < 600


def test_a_run_elsewhere_is_nobodys_business(scene: Beside, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "test_a.py").write_text("def test_a(): ...\n")
    scene.write("test_cart.py", "def test_a(): ...\n")
    assert scene.pytest("-q", cwd=tmp_path / "other") == 0
    assert scene.pytest("-q") == 0
    assert results(scene.ended()) == {"test_cart.py::test_a": "passed"}


def test_the_innermost_recorded_folder_hears_of_a_run(scene: Beside) -> None:
    inner = scene.write("inner/test_a.py", "def test_a(): ...\n").parent
    other = scene.recorder(inner)
    assert scene.pytest("-q", cwd=inner) == 0
    wait_for("the run", lambda: scene.events("test", client=other) or None)
    assert scene.events("run") == []
    other.kill()


def test_workers_of_xdist_leave_the_telling_to_their_controller(scene: Beside) -> None:
    scene.write(
        "test_cart.py", "import pytest\n\n\n@pytest.mark.parametrize('x', range(20))\ndef test_a(x): ...\n"
    )
    assert scene.pytest("-q", "-n", "2") == 0
    events = scene.ended()
    assert [event["type"] for event in events] == ["run", *["test"] * 20, "run"]
    assert len(results(events)) == 20


def test_each_attempt_at_a_test_is_told(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "import pathlib\n\n\ndef test_a():\n    tried = pathlib.Path('tried')\n"
        "    if not tried.exists():\n        tried.touch()\n        assert 0\n",
    )
    assert scene.pytest("-q", "--reruns", "1") == 0
    assert [event["outcome"] for event in scene.ended() if event["type"] == "test"] == ["failed", "passed"]


def test_a_run_in_a_terminal_is_the_terminals(scene: Beside) -> None:
    scene.write("test_cart.py", "def test_a(): ...\n")
    scene.client.observe(type="run", id="t1", phase="started", kind="terminal", command="pytest -q")
    scene.client.settle()
    assert scene.pytest("-q") == 0
    assert _parents(scene.ended()) == ["t1", "t1"]


def test_a_terminal_that_is_told_behind_its_run_is_known_as_the_runs_end_is_told(scene: Beside) -> None:
    scene.write(
        "test_cart.py",
        "import pathlib, time\n\n\ndef test_a():\n    pathlib.Path('begun').touch()\n"
        "    while not pathlib.Path('go').exists():\n        time.sleep(0.01)\n",
    )
    running = scene.start("-q")
    wait_for("the run", lambda: scene.events("run") or None)
    started = {"type": "run", "id": "t1", "phase": "started", "kind": "terminal", "command": "pytest -q"}
    scene.client.observe(**started, ms_ago=60_000)
    scene.client.settle()
    (scene.shop / "go").touch()
    running.communicate(timeout=SECONDS_MAX)
    assert _parents(scene.ended()) == [None, "t1"]


def _parents(events: list[dict[str, Any]]) -> list[str | None]:
    return [event.get("parent") for event in events if event.get("kind") == "test"]


def test_who_only_collects_tells_nothing(scene: Beside) -> None:
    scene.write("test_cart.py", "def test_a(): ...\n")
    assert scene.pytest("--collect-only") == 0
    assert scene.pytest("-q") == 0
    assert len([event for event in scene.ended() if event.get("phase") == "started"]) == 1


HELLO = b'{"key": "KEY", "folder": "/", "command": "pytest", "age_ms": 1}\n'


GOODBYE = b'{"exit_code": 0, "duration_ms": 1, "lost": 0}\n'
STRANGE = {
    "no plugin": (b"GET / HTTP/1.1\r\n\r\n", None),
    "another key": (HELLO.replace(b"KEY", b"\xc3\xa9"), None),
    "another key, then the right one": (HELLO.replace(b"KEY", b"no") + HELLO + GOODBYE, None),
    "a strange age": (HELLO.replace(b"1}", b"-1}"), None),
    "no JSON": (HELLO + b"nonsense\n", "a message of a test run could not be read"),
    "deep JSON": (HELLO + b"[" * 200_000 + b"\n", "a message of a test run could not be read"),
    "a long message": (HELLO + b'"' + b"x" * 2_000_000, "a message of a test run is too long"),
    "a mistyped name": (HELLO + b'{"test": 1, "outcome": "passed"}\n', "test: `test` is mistyped"),
    "an unknown outcome": (HELLO + b'{"test": "t", "outcome": "?"}\n', "test: `outcome` is mistyped"),
    "no path": (
        HELLO + b'{"test": "t", "outcome": "passed", "path": "\\u0000"}\n',
        "a test run broke off before its end was told",
    ),
    "lost results": (
        HELLO + GOODBYE.replace(b'"lost": 0', b'"lost": 7'),
        "results of a test run that could not be taken in time",
    ),
}


@pytest.mark.parametrize(("said", "gap"), STRANGE.values(), ids=STRANGE)
def test_whatever_comes_through_the_door_the_recording_goes_on(
    scene: Beside, said: bytes, gap: str | None
) -> None:
    (file,) = (scene.home / "listening").glob("*.json")
    listener = Listener(**json.loads(file.read_bytes()))

    def say(data: bytes) -> None:
        door = connect(listener)
        assert door is not None
        with door, suppress(ConnectionError):
            door.settimeout(SECONDS_MAX)
            door.sendall(data.replace(b"KEY", listener.key.encode()))

    say(said)
    if gap is not None:
        wait_for("the gap", lambda: gap in [event["detail"] for event in scene.events("gap")] or None)
    say(HELLO + GOODBYE)
    scene.ended(2 if said.endswith(b"7}\n") else 1)
    assert gap is not None or scene.events("gap") == []


def test_nobody_else_can_come_to_the_door(scene: Beside) -> None:
    folder = scene.home / "listening"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o077 for file in folder.glob("*.json")} == {0}


def test_the_door_of_a_recorder_that_was_killed_is_taken_away(scene: Beside) -> None:
    scene.client.kill()
    scene.client = scene.recorder(scene.shop)
    assert len(list((scene.home / "listening").glob("*.json"))) == 1
    scene.client.shutdown()
    assert list((scene.home / "listening").iterdir()) == []


def test_where_the_home_is_too_deep_for_a_socket_a_port_does(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    scene = Beside(deep)
    scene.write("test_cart.py", "def test_a(): ...\n")
    assert scene.pytest("-q") == 0
    assert results(scene.ended()) == {"test_cart.py::test_a": "passed"}
    scene.client.kill()
