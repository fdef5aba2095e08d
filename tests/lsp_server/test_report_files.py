"""Reports that appear beside a real recorder."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp_server.senses.report_files import Pace
from tests.lsp_server.beside import Beside
from tests.lsp_server.test_junit import BOMB, SUREFIRE
from tests.support.processes import wait_for


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Beside]:
    made = Beside(tmp_path)
    yield made
    made.client.kill()


def report(scene: Beside, name: str, text: str = SUREFIRE, age_s: float = 0.0) -> Path:
    """A report that was finished so long ago."""
    file = scene.write(name, text)
    written = time.time() - age_s
    os.utime(file, (written, written))
    return file


def outcomes(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["test"], event["outcome"]) for event in events if event["type"] == "test"]


def test_a_look_that_was_costly_once_puts_off_none_and_looks_that_are_costly_do() -> None:
    pace, rests = Pace(), []
    for cost in (0.03, 0.03, 0.0005, 0.03, 0.03, 0.03, 0.0005):
        pace.took(cost)
        rests.append(pace.rest)
    assert rests == [5.0, 5.0, 5.0, 5.0, 5.0, 60.0, 5.0]


def test_reports_of_a_folder_are_a_run_of_the_task_that_wrote_them(scene: Beside) -> None:
    before = "class Cart {}\n"
    uri = scene.client.open(scene.write("Cart.java", before), before)
    scene.client.save(uri, before)
    scene.client.observe(type="run", id="task-1", phase="started", kind="task", command="mvn -q test")
    scene.client.save(uri, before)
    scene.client.settle()
    report(scene, "target/surefire-reports/TEST-shop.CartTest.xml", age_s=0)
    report(
        scene, "target/surefire-reports/TEST-shop.OtherTest.xml", SUREFIRE.replace("Cart", "Other"), age_s=0
    )
    scene.client.observe(type="run", id="task-1", phase="ended", kind="task", exit_code=1)
    events = scene.ended(2)
    first, _ = scene.events("save")
    (started,) = [it for it in events if it.get("kind") == "test" and it["phase"] == "started"]
    assert (started["parent"], started["saw"], started["evidence"]) == (
        "task-1",
        {"1": first["seq"]},
        "observed",
    )
    assert sorted(outcomes(events)) == [
        ("shop.CartTest::adds", "passed"),
        ("shop.CartTest::later", "skipped"),
        ("shop.CartTest::totals", "failed"),
        ("shop.OtherTest::adds", "passed"),
        ("shop.OtherTest::later", "skipped"),
        ("shop.OtherTest::totals", "failed"),
    ]


def test_where_nothing_was_saved_before_a_run_its_report_saw_nothing(scene: Beside) -> None:
    text = "class Cart {}\n"
    uri = scene.client.open(scene.write("Cart.java", text), text)
    scene.client.observe(type="run", id="task-1", phase="started", kind="task", command="mvn -q test")
    scene.client.save(uri, text)
    scene.client.settle()
    report(scene, "junit.xml", age_s=0)
    (started,) = [it for it in scene.ended(1) if it.get("kind") == "test" and it["phase"] == "started"]
    assert (started["parent"], started["saw"]) == ("task-1", {})


def test_a_report_that_was_written_during_a_pause_is_none_of_the_recording(scene: Beside) -> None:
    scene.client.request("workspace/executeCommand", {"command": "pairlog.pause"})
    report(scene, "junit-during.xml", age_s=0.02)
    scene.client.request("workspace/executeCommand", {"command": "pairlog.resume"})
    report(scene, "junit-behind.xml", SUREFIRE.replace("Cart", "Other"), age_s=-0.01)
    assert {test.partition("::")[0] for test, _ in outcomes(scene.ended(1))} == {"shop.OtherTest"}


def test_a_report_that_is_written_over_is_another_run(scene: Beside) -> None:
    report(scene, "junit.xml")
    scene.ended(1)
    report(scene, "junit.xml", SUREFIRE.replace("adds", "sums"))
    assert ("shop.CartTest::sums", "passed") in outcomes(scene.ended(2))


def test_node_writes_one(scene: Beside) -> None:
    scene.write(
        "cart.test.mjs",
        "import { test } from 'node:test';\n"
        "import assert from 'node:assert';\n"
        "test('adds', () => {});\n"
        "test('totals', () => { assert.equal(5, 6); });\n"
        "test('later', { skip: 'not yet' }, () => {});\n",
    )
    node = ["node", "--test", "--test-reporter=junit", "--test-reporter-destination=junit.xml"]
    assert subprocess.run(node, cwd=scene.shop, timeout=60).returncode == 1
    assert outcomes(scene.ended(1)) == [
        ("test::adds", "passed"),
        ("test::totals", "failed"),
        ("test::later", "skipped"),
    ]


def test_what_pytest_told_already_is_not_told_by_its_report(scene: Beside) -> None:
    scene.write("test_cart.py", "def test_a(): ...\n")
    assert scene.pytest("-q", "--junitxml=junit.xml") == 0
    scene.ended(1)
    report(scene, "other/junit.xml")
    events = scene.ended(2)
    assert outcomes(events)[0] == ("test_cart.py::test_a", "passed")
    assert [test for test, _ in outcomes(events)[1:]] == [
        "shop.CartTest::adds",
        "shop.CartTest::totals",
        "shop.CartTest::later",
    ]


def test_what_is_no_report_is_a_gap_or_nothing(scene: Beside, tmp_path: Path) -> None:
    report(scene, "junit-bomb.xml", BOMB)
    report(scene, "junit.key/junit.xml")
    report(scene, "pom.xml", "<project/>")
    (tmp_path / "elsewhere.xml").write_text(SUREFIRE)
    (scene.shop / "junit-link.xml").symlink_to(tmp_path / "elsewhere.xml")
    os.mkfifo(scene.shop / "junit-pipe.xml")
    gaps = wait_for("the gap", lambda: scene.events("gap") or None)
    assert [gap["detail"] for gap in gaps] == ["a test report with a document type"]
    report(scene, "junit.xml")
    assert len(outcomes(scene.ended(1))) == 3


def test_reports_that_lay_there_before_are_old_and_the_user_names_the_globs(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "pairlog.toml").write_text('test_reports = ["out/*.xml"]\n')
    (tmp_path / "shop" / "out").mkdir(parents=True)
    (tmp_path / "shop" / "out" / "old.xml").write_text(SUREFIRE)
    scene = Beside(tmp_path)
    report(scene, "junit.xml")
    report(scene, "out/fresh.xml", SUREFIRE.replace("adds", "sums"))
    events = scene.ended(1)
    assert [test for test, _ in outcomes(events)] == [
        "shop.CartTest::sums",
        "shop.CartTest::totals",
        "shop.CartTest::later",
    ]
    scene.client.kill()
