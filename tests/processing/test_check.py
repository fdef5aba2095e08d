from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pairlog.cli import main
from processing.episodes import sandbox
from processing.episodes.check import check
from processing.episodes.episode import Episode, identified, write_episodes
from tests.support.sessions import CART

TOTAL, EMPTY = "tests/test_cart.py::test_total", "tests/test_cart.py::test_empty"


@pytest.mark.usefixtures("sandboxed")
def test_an_episode_is_good_where_the_answer_passes_and_the_base_fails(episode: Episode) -> None:
    result = check(episode, times=2)
    assert (result.reason, result.gold_passed, result.times, result.good) == (None, 2, 2, True)


@pytest.mark.usefixtures("sandboxed")
def test_an_answer_that_fails_is_refused(episode: Episode) -> None:
    wrong = replace(episode, gold=[{"path": "shop/cart.py", "text": CART + "# no better\n"}])
    assert check(wrong, times=2).reason == f"the human's answer passes 0 of 2 times ({TOTAL})"


@pytest.mark.usefixtures("sandboxed")
def test_a_base_that_passes_already_is_refused(episode: Episode) -> None:
    easy = replace(episode, tests=replace(episode.tests, fail_to_pass=[EMPTY]))
    assert check(easy, times=1).reason == f"the untouched base already passes {EMPTY}"


@pytest.mark.usefixtures("sandboxed")
def test_a_base_that_cannot_be_run_is_refused(episode: Episode) -> None:
    broken = replace(episode, tests=replace(episode.tests, command=["make", "test"]))
    assert check(broken, times=1).reason == "`make test` is not pytest"


@pytest.mark.usefixtures("sandboxed")
def test_the_command_exits_1_where_one_is_refused(
    tmp_path: Path, episode: Episode, capsys: pytest.CaptureFixture[str]
) -> None:
    easy = identified(replace(episode, tests=replace(episode.tests, fail_to_pass=[EMPTY])))
    write_episodes(tmp_path / "e.jsonl", [episode, easy])
    assert main(["episodes", "check", str(tmp_path / "e.jsonl"), "--times", "1", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["refused"]) == (1, 1)
    assert [row["reason"] is None for row in told["checks"]] == [True, False]


def test_without_a_sandbox_the_command_refuses(
    tmp_path: Path, episode: Episode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sandbox, "available", lambda: "no bwrap")
    write_episodes(tmp_path / "e.jsonl", [episode])
    assert main(["episodes", "check", str(tmp_path / "e.jsonl")]) == 3
    assert capsys.readouterr().err == "pairlog: nothing can be executed on this machine: no bwrap\n"
