from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from processing.benchmark.models import Prediction
from processing.benchmark.results import Results, patch
from processing.benchmark.run import predict, run
from processing.episodes import sandbox
from processing.episodes.episode import Episode, write_episodes
from processing.trajectories.diff import apply
from tests.support.sessions import CART, CART_TEST, jsonl


class Broken:
    """A model that fails."""

    name = "broken"

    def predict(self, episode: Episode) -> Prediction:
        raise RuntimeError("out of memory")


class Odd:
    """A model whose answers are not what they should be."""

    name = "odd"

    def __init__(self, files: Any) -> None:
        self.files = files

    def predict(self, episode: Episode) -> Prediction:
        return Prediction(episode="other", model="other", files=self.files)


@pytest.fixture
def file(tmp_path: Path, episode: Episode) -> Path:
    write_episodes(tmp_path / "e.jsonl", [episode])
    return tmp_path / "e.jsonl"


@pytest.mark.usefixtures("sandboxed")
def test_a_run_saves_what_was_answered_and_what_became_of_it(
    file: Path, tmp_path: Path, episode: Episode, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["--model", "human", "--model", "base", "--out", str(out), "--json"]
    assert main(["bench", "run", str(file), *words]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["model"], row["resolved"], row["episodes"], row["pass_at_1"]) for row in rows] == [
        ("human", 1, 1, 1.0),
        ("base", 0, 1, 0.0),
    ]
    human, base = jsonl(out / "predictions.jsonl")
    assert (human["instance_id"], human["model_name_or_path"]) == (episode.id, "human")
    assert human["files"] == episode.gold
    assert apply(human["model_patch"], CART) == episode.gold[0]["text"]
    assert (base["files"], base["model_patch"]) == ([], "")
    assert [row["status"] for row in jsonl(out / "verdicts.jsonl")] == ["resolved", "failed"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["episodes_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert manifest["models"] == ["human", "base"]
    assert main(["bench", "report", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows
    assert main(["bench", "report", str(out)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[3].split()[:8] == ["human", "1", "of", "1", "1.000", "0.207", "to", "1.000"]


def test_a_model_that_raises_is_a_failure_that_is_kept(
    file: Path, tmp_path: Path, episode: Episode, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Results(tmp_path / "out")
    results.begin(file, ["broken"])
    run([(Broken(), episode)], results)
    assert jsonl(results.predictions)[0]["error"] == "RuntimeError: out of memory"
    assert main(["bench", "report", str(results.folder), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["scored"], row["resolved"], row["statuses"]) == (1, 0, {"invalid": 1})


@pytest.mark.parametrize("files", [None, "x", [{"path": "a"}], [{"path": 1, "text": ""}], [["a", "b"]]])
def test_what_is_no_answer_is_kept_as_none(episode: Episode, files: Any) -> None:
    prediction = predict(Odd(files), episode)
    assert (prediction.episode, prediction.model, prediction.files) == (episode.id, "odd", None)
    assert prediction.error == "ValueError: an answer is a list of {path, text}"


def test_an_answer_becomes_text_that_a_file_can_hold(episode: Episode) -> None:
    prediction = predict(Odd([{"path": "a", "text": "x\ud800y"}]), episode)
    assert prediction.files == [{"path": "a", "text": "x\ufffdy"}]


def test_where_nothing_can_be_executed_the_run_is_refused_with_its_answers_saved(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sandbox, "available", lambda: "no bwrap")
    out = tmp_path / "out"
    assert main(["bench", "run", str(file), "--model", "human", "--out", str(out)]) == 3
    told, err = capsys.readouterr()
    assert "refused: 1 not executed on this machine, not scored" in told
    assert err.splitlines()[-1] == "pairlog: nothing can be executed on this machine: no bwrap"
    assert len(jsonl(out / "predictions.jsonl")) == 1


def test_a_run_is_never_written_over(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Results(tmp_path / "out").begin(file, [])
    assert main(["bench", "run", str(file), "--model", "base", "--out", str(tmp_path / "out")]) == 1
    assert "holds a run already" in capsys.readouterr().err


def test_a_report_of_nothing_says_what_makes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "report", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"pairlog: no run in {tmp_path}; `pairlog bench run` writes one\n"


def test_a_file_without_episodes_cannot_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_episodes(tmp_path / "e.jsonl", [])
    words = ["--model", "base", "--out", str(tmp_path / "out")]
    assert main(["bench", "run", str(tmp_path / "e.jsonl"), *words]) == 1
    assert "holds no episodes" in capsys.readouterr().err


def test_an_answers_patch_has_its_new_files(episode: Episode) -> None:
    files = [{"path": "new.py", "text": "x\n"}, {"path": "tests/test_cart.py", "text": CART_TEST}]
    made = patch(episode, Prediction(episode=episode.id, model="m", files=files))
    assert made == "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x\n"


def test_latency_is_measured_for_every_model(episode: Episode) -> None:
    latency_s = predict(Broken(), episode).latency_s
    assert latency_s is not None and latency_s >= 0
