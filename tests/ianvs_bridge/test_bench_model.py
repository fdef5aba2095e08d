"""A model of the bench inside Ianvs: a record for every row, whatever goes wrong with one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ianvs_bridge import bench_model
from ianvs_bridge.bench_model import BenchModel
from ianvs_bridge.record import from_text
from processing.benchmark.models import Prediction
from tests.ianvs_bridge.conftest import FIRST, FIXED, SECOND


def rows(*episodes: str) -> SimpleNamespace:
    return SimpleNamespace(explanation=[json.dumps({"episode": each}) for each in episodes])


def answered(text: str) -> Prediction:
    return replace(from_text(text), latency_s=None)


def test_the_human_answers_with_the_humans_own_text(job: Path) -> None:
    (text,) = BenchModel(job, "human").predict(rows(FIRST))

    files = [{"path": "calc.py", "text": FIXED}]
    assert answered(text) == Prediction(episode=FIRST, model="human", files=files)


def test_the_base_changes_nothing(job: Path) -> None:
    (text,) = BenchModel(job, "base").predict(rows(FIRST))

    assert answered(text) == Prediction(episode=FIRST, model="base", files=[])


def test_a_row_that_cannot_be_answered_leaves_the_others_alone(job: Path) -> None:
    texts = BenchModel(job, "base").predict(rows(FIRST, "no such episode", SECOND))

    assert [from_text(text).error for text in texts] == [None, "KeyError: 'no such episode'", None]


def test_a_model_that_cannot_be_made_fails_row_by_row(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(spec: str) -> object:
        raise OSError(f"{spec}: no such server")

    monkeypatch.setattr(bench_model, "model", broken)

    texts = BenchModel(job, "human").predict(rows(FIRST, SECOND))

    assert [from_text(text).error for text in texts] == ["OSError: human: no such server"] * 2
