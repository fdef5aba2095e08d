from __future__ import annotations

from dataclasses import replace

import pytest

from pairlog.errors import UserError
from processing.benchmark.judge import Verdict, judge
from processing.benchmark.models import MODELS, Prediction, model
from processing.episodes import sandbox
from processing.episodes.episode import Answer, Episode

TOTAL, EMPTY = "tests/test_cart.py::test_total", "tests/test_cart.py::test_empty"


def answered(episode: Episode, files: Answer | None, error: str | None = None) -> Verdict:
    made = judge(episode, Prediction(episode=episode.id, model="m", files=files, error=error))
    return replace(made, duration_s=0.0)


@pytest.mark.usefixtures("sandboxed")
def test_the_humans_answer_is_the_ceiling(episode: Episode) -> None:
    verdict = judge(episode, model("human").predict(episode))
    assert (verdict.status, verdict.resolved, verdict.passed) == ("resolved", True, [TOTAL, EMPTY])
    assert verdict.duration_s > 0


@pytest.mark.usefixtures("sandboxed")
def test_the_untouched_base_is_the_floor(episode: Episode) -> None:
    verdict = judge(episode, model("base").predict(episode))
    assert (verdict.status, verdict.resolved) == ("failed", False)
    assert (verdict.passed, verdict.failed) == ([EMPTY], [TOTAL])


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize(
    "files",
    [
        [{"path": "tests/test_cart.py", "text": "def test_total(): pass\ndef test_empty(): pass\n"}],
        [{"path": "conftest.py", "text": "collect_ignore = ['tests']\n"}],
        [{"path": "tests/conftest.py", "text": "raise SystemExit(0)\n"}],
        [{"path": "pytest.ini", "text": "[pytest]\naddopts = --co\n"}],
        [{"path": "pytest.py", "text": "raise SystemExit(0)\n"}],
        [{"path": "sitecustomize.py", "text": "raise SystemExit(0)\n"}],
    ],
)
def test_an_answer_cannot_change_what_decides(episode: Episode, files: Answer) -> None:
    assert answered(episode, files).failed == [TOTAL]


@pytest.mark.usefixtures("sandboxed")
def test_an_answer_that_never_ends_is_a_time_out(episode: Episode) -> None:
    quick = replace(episode, tests=replace(episode.tests, timeout_s=3.0))
    endless = [{"path": "shop/cart.py", "text": "import time\ntime.sleep(600)\n"}]
    assert answered(quick, endless).status == "timeout"


@pytest.mark.usefixtures("sandboxed")
def test_an_answer_that_ends_the_interpreter_is_an_error(episode: Episode) -> None:
    verdict = answered(episode, [{"path": "shop/cart.py", "text": "import os\nos._exit(0)\n"}])
    assert (verdict.status, verdict.failed) == ("error", [TOTAL, EMPTY])
    assert verdict.reason is not None and verdict.reason.startswith("the tests left no report")


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize("path", ["/etc/passwd", "../escape.py", "shop/cart.py/x.py", ""])
def test_an_answer_that_cannot_be_put_in_place_is_invalid(episode: Episode, path: str) -> None:
    assert answered(episode, [{"path": path, "text": ""}]).status == "invalid"


def test_no_answer_is_invalid_and_says_why(episode: Episode) -> None:
    expected = Verdict(episode=episode.id, status="invalid", reason="out of tokens")
    assert answered(episode, None, "out of tokens") == expected


def test_without_a_sandbox_nothing_is_judged(episode: Episode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "available", lambda: "no bwrap")
    verdict = answered(episode, episode.gold)
    assert (verdict.status, verdict.resolved) == ("refused", False)
    assert verdict.reason == "nothing can be executed on this machine: no bwrap"


def test_an_unknown_model_is_told_which_there_are() -> None:
    with pytest.raises(UserError, match="no model `gpt`; known: human, base"):
        model("gpt")
    assert [entry.name for entry in MODELS.values()] == list(MODELS)
