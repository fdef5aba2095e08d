from __future__ import annotations

import json
from pathlib import Path

import pytest

from pairlog.cli import main
from processing.benchmark.compare import Comparison, compare, mcnemar
from processing.benchmark.judge import Status, Verdict
from processing.benchmark.models import Prediction
from processing.benchmark.results import Results
from processing.episodes.episode import Episode, write_episodes


def verdicts(**statuses: Status) -> list[Verdict]:
    return [Verdict(episode=name, status=status) for name, status in statuses.items()]


def test_models_are_compared_on_what_both_were_judged_on() -> None:
    one = verdicts(a="resolved", b="resolved", c="failed", d="timeout", e="resolved")
    other = verdicts(a="resolved", b="failed", c="resolved", d="error", e="refused")
    assert compare("m", one, "n", other) == Comparison(
        first="m", second="n", both=1, only_first=1, only_second=1, neither=1, unpaired=1, p_value=1.0
    )


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (0, 5, 0.0625), (2, 10, 0.03857), (6, 16, 0.05248)],
)
def test_mcnemar_agrees_with_the_binomial_test(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p, rel=1e-3)


@pytest.fixture
def saved(tmp_path: Path, episode: Episode) -> Path:
    """A run of two models, its verdicts set."""
    write_episodes(tmp_path / "e.jsonl", [episode])
    results = Results(tmp_path / "out")
    results.begin(tmp_path / "e.jsonl", ["m", "n"])
    statuses: list[tuple[str, Status]] = [("m", "resolved"), ("n", "failed")]
    for name, status in statuses:
        prediction = Prediction(episode=episode.id, model=name, files=[])
        results.add_prediction(episode, prediction)
        results.add_verdict(prediction, Verdict(episode=episode.id, status=status))
    return results.folder


def test_the_command_compares_a_saved_run(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "compare", str(saved), "m", "n", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["only_first"], told["only_second"], told["p_value"]) == (1, 0, 1.0)
    assert main(["bench", "compare", str(saved), "m", "n"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "only m: 1, only n: 0"


def test_a_model_that_was_not_run_is_named(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "compare", str(saved), "m", "x"]) == 1
    assert "no model x in" in capsys.readouterr().err
