"""The stand-in refuses what the genuine Ianvs would fail on or be silently wrong about."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ianvs_bridge import stand_in
from tests.ianvs_bridge.breakage import BREAKAGES, Break, edit_text, edit_yaml

#: A model and a metric of nobody's, so that these tests need neither Pairlog's bench nor a sandbox.
MODEL = """
from sedna.common.class_factory import ClassFactory, ClassType

@ClassFactory.register(ClassType.GENERAL, alias="pairlog_model")
class Model:
    def __init__(self, model):
        self.model = model
    def preprocess(self):
        return None
    def train(self, ds):
        pass
    def save(self, url):
        return None
    def load(self, url):
        pass
    def predict(self, ds):
        return [self.model for _ in ds.x]
"""
METRICS = """
from sedna.common.class_factory import ClassFactory, ClassType

def register(name):
    @ClassFactory.register(ClassType.GENERAL, alias=name)
    def metric(y_true, y_pred):
        return sum(each == "human" for each in y_pred) / len(y_true)

for name in ("resolved_rate", "applied_rate", "episodes", "failures", "refused"):
    register(name)
"""


@pytest.fixture
def plain_job(job: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (job / "modules/pairlog_job_model.py").write_text(MODEL)
    (job / "modules/pairlog_job_metrics.py").write_text(METRICS)
    monkeypatch.chdir(job)
    return job


def test_a_job_gives_a_sorted_rank_on_disk(plain_job: Path) -> None:
    rows = stand_in.run("benchmarkingjob.yaml")

    (rank,) = plain_job.glob("workspace/*/rank/all_rank.csv")
    with rank.open(newline="") as file:
        assert list(csv.DictReader(file)) == rows
    assert [(row["rank"], row["basemodel-model"], row["resolved_rate"]) for row in rows] == [
        ("1", "human", "1.0"),
        ("2", "base", "0.0"),
    ]


@pytest.mark.parametrize(("breaks", "says"), BREAKAGES.values(), ids=BREAKAGES)
def test_it_refuses_a_broken_job(plain_job: Path, breaks: Break, says: str) -> None:
    breaks(plain_job)

    with pytest.raises(stand_in.Refused, match=says):
        stand_in.run("benchmarkingjob.yaml")


def _add_key(where: Callable[[Any], Any]) -> Callable[[Any], object]:
    return lambda content: where(content).update(unheard_of=1)


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (edit_yaml("benchmarkingjob.yaml", _add_key(lambda y: y["benchmarkingjob"])), "unknown keys"),
        (edit_yaml("algorithm.yaml", _add_key(lambda y: y["algorithm"])), "unknown keys"),
        (
            edit_yaml("algorithm.yaml", lambda y: y["algorithm"].update(paradigm_type="jointinference")),
            "paradigm",
        ),
        (edit_text("test_data/metadata.json", lambda text: text.replace("level_2", "x")), "level_2_dim"),
        (
            edit_text("modules/pairlog_job_metrics.py", lambda text: text.replace("return", "None and")),
            "None",
        ),
        (
            edit_text("modules/pairlog_job_metrics.py", lambda text: text.replace("return", "return {}, ")),
            "number",
        ),
        (edit_text("modules/pairlog_job_metrics.py", lambda text: text + "register('refused')"), "twice"),
        (
            edit_text(
                "modules/pairlog_job_model.py",
                lambda text: text.replace("[self", "{'x': self").replace("ds.x]", "ds.x}"),
            ),
            "list",
        ),
        (
            edit_text("modules/pairlog_job_model.py", lambda text: text.replace("[self.model", "[None")),
            "JSON text",
        ),
    ],
)
def test_it_refuses_what_the_genuine_one_passes_over(plain_job: Path, breaks: Break, says: str) -> None:
    breaks(plain_job)

    with pytest.raises(stand_in.Refused, match=says):
        stand_in.run("benchmarkingjob.yaml")


def test_it_refuses_a_rank_that_is_already_there(plain_job: Path) -> None:
    stand_in.run("benchmarkingjob.yaml")

    with pytest.raises(stand_in.Refused, match="old rank"):
        stand_in.run("benchmarkingjob.yaml")
