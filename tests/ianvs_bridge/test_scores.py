"""Scores: every answer executed once; what is wrong with one counts against it and harms no other."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from ianvs_bridge import verdicts as verdicts_module
from ianvs_bridge.record import to_text
from ianvs_bridge.scores import Scores
from pairlog.errors import UserError
from processing.benchmark.judge import Status, Verdict
from processing.benchmark.models import Prediction
from processing.benchmark.report import scores
from processing.benchmark.results import Results
from processing.episodes.episode import Episode
from tests.ianvs_bridge.conftest import FIRST, FIXED, SECOND

ROWS = [json.dumps({"episode": FIRST}), json.dumps({"episode": SECOND})]
RIGHT = [{"path": "calc.py", "text": FIXED}]


class FakeJudge:
    """Says what it was told to say of an episode, and counts how often it is asked."""

    def __init__(self) -> None:
        self.says: dict[str, Status | Exception] = {}
        self.asked: list[str] = []

    def __call__(self, episode: Episode, prediction: Prediction) -> Verdict:
        self.asked.append(episode.id)
        said = "invalid" if prediction.files is None else self.says.get(episode.id, "resolved")
        if isinstance(said, Exception):
            raise said
        return Verdict(episode=episode.id, status=said)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    fake = FakeJudge()
    monkeypatch.setattr(verdicts_module, "judge", fake)
    return fake


def answer(episode: str) -> str:
    return to_text(Prediction(episode=episode, model="human", files=RIGHT))


def all_scores(scores: Scores, answers: list[Any]) -> tuple[float, float, int, int, int]:
    return (
        scores.resolved_rate(ROWS, answers),
        scores.applied_rate(ROWS, answers),
        scores.episodes(ROWS, answers),
        scores.failures(ROWS, answers),
        scores.refused(ROWS, answers),
    )


def test_each_answer_is_executed_once_for_all_metrics(job: Path, judge: FakeJudge) -> None:
    assert all_scores(Scores(job), [answer(FIRST), answer(SECOND)]) == (1.0, 1.0, 2, 0, 0)
    assert judge.asked == [FIRST, SECOND]


def test_other_answers_are_executed_anew(job: Path, judge: FakeJudge) -> None:
    scores = Scores(job)
    scores.resolved_rate(ROWS, [answer(FIRST), answer(SECOND)])

    assert scores.resolved_rate(ROWS, [answer(FIRST), None]) == 0.5


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("failed", (0.5, 1.0, 2, 0, 0)),
        ("timeout", (0.5, 1.0, 2, 1, 0)),
        ("invalid", (0.5, 0.5, 2, 1, 0)),
        ("error", (0.5, 1.0, 2, 1, 0)),
        ("refused", (1.0, 1.0, 2, 0, 1)),
        (RuntimeError("the judge broke"), (0.5, 1.0, 2, 1, 0)),
    ],
)
def test_what_the_judge_says_is_counted(
    job: Path, judge: FakeJudge, said: Status | Exception, expected: tuple[float, ...]
) -> None:
    judge.says[SECOND] = said

    assert all_scores(Scores(job), [answer(FIRST), answer(SECOND)]) == expected


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([], id="missing"),
        pytest.param([None], id="none"),
        pytest.param(["a + b"], id="no record"),
        pytest.param([answer(FIRST)], id="of another episode"),
        pytest.param([json.dumps({"episode": SECOND})], id="without files"),
    ],
)
def test_an_answer_that_cannot_be_executed_scores_0_and_is_counted(
    job: Path, judge: FakeJudge, second: list[Any]
) -> None:
    assert all_scores(Scores(job), [answer(FIRST), *second]) == (0.5, 0.5, 2, 1, 0)


def test_where_nothing_can_be_executed_the_rates_are_no_numbers(job: Path, judge: FakeJudge) -> None:
    judge.says = {FIRST: "refused", SECOND: "refused"}
    answers = [answer(FIRST), answer(SECOND)]

    assert math.isnan(Scores(job).resolved_rate(ROWS, answers))
    assert all_scores(Scores(job), answers)[2:] == (2, 0, 2)


def test_no_rows_are_an_error_and_not_a_rate(job: Path) -> None:
    with pytest.raises(ValueError, match="no test rows"):
        Scores(job).resolved_rate([], [])


def test_a_test_case_is_saved_as_a_run_of_the_bench(
    job: Path, judge: FakeJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESULT_SAVED_URL", str(tmp_path / "case"))
    judge.says[SECOND] = "failed"

    Scores(job).resolved_rate(ROWS, [answer(FIRST), answer(SECOND)])

    (score,) = scores(Results(tmp_path / "case"))
    assert (score.model, score.scored, score.resolved) == ("human", 2, 1)


def test_a_broken_record_is_saved_under_the_name_of_the_others(
    job: Path, judge: FakeJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESULT_SAVED_URL", str(tmp_path / "case"))

    Scores(job).resolved_rate(ROWS, [answer(FIRST), "no record"])

    (score,) = scores(Results(tmp_path / "case"))
    assert (score.model, score.statuses) == ("human", {"invalid": 1, "resolved": 1})


def test_a_row_of_an_unknown_episode_is_a_broken_job_and_no_score(job: Path) -> None:
    with pytest.raises(UserError, match="gen-unknown"):
        Scores(job).resolved_rate([json.dumps({"episode": "gen-unknown"})], [])
