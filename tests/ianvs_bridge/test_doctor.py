"""`pairlog ianvs doctor`: a line per fact, and what is wrong with a job folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ianvs_bridge import doctor, installed
from ianvs_bridge.fact import Fact, missing, present
from ianvs_bridge.job_check import problems
from pairlog.cli import main
from tests.ianvs_bridge.breakage import BREAKAGES, Break, edit_text
from tests.ianvs_bridge.conftest import SECOND

SEDNA = {
    "datasources/__init__.py": "class JsonlDataParse: ...\nclass JSONMetaDataParse: ...\n",
    "core/joint_inference/joint_inference.py": "def infer(LCReporter_enable=True): ...\n",
    "common/class_factory.py": "",
}


def make_sedna(folder: Path, without: str = "") -> Path:
    for name, text in SEDNA.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(
            "\n".join(line for line in text.splitlines() if without not in line or not without)
        )
    return folder


def test_the_sedna_that_fits_lacks_nothing(tmp_path: Path) -> None:
    assert list(installed.sedna_lacks(make_sedna(tmp_path))) == []


@pytest.mark.parametrize("name", ["JsonlDataParse", "JSONMetaDataParse", "LCReporter_enable"])
def test_another_sedna_is_known_by_what_it_lacks(tmp_path: Path, name: str) -> None:
    assert list(installed.sedna_lacks(make_sedna(tmp_path, without=name))) == [name]


def test_the_unrelated_sedna_lacks_everything(tmp_path: Path) -> None:
    assert list(installed.sedna_lacks(tmp_path)) == [
        "JSONMetaDataParse",
        "JsonlDataParse",
        "LCReporter_enable",
        "class_factory",
    ]


def test_python_before_3_11_is_too_old() -> None:
    assert [installed.python(version).ok for version in ((3, 10, 13), (3, 11, 0), (3, 13, 0))] == [
        False,
        True,
        True,
    ]


def test_a_fact_is_one_line_that_ends_in_what_to_do() -> None:
    assert missing("onnx", "no module `onnx`", "pip install onnx").line() == (
        "onnx         missing  no module `onnx`; pip install onnx"
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [([present("a", "1"), present("b", "2")], 0), ([present("a", "1"), missing("b", "2", "3")], 1)],
)
def test_the_exit_code_tells_whether_all_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: list[Fact], code: int
) -> None:
    monkeypatch.setattr(doctor, "facts", lambda _: iter(found))

    assert main(["ianvs", "doctor"]) == code
    assert capsys.readouterr().out == "".join(f"{fact.line()}\n" for fact in found)


def test_the_facts_come_as_json_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "facts", lambda _: iter([present("python", "3.11.7")]))

    main(["ianvs", "doctor", "--json"])

    assert json.loads(capsys.readouterr().out) == [
        {"name": "python", "ok": True, "found": "3.11.7", "todo": ""}
    ]


def test_every_fact_of_this_machine_is_told_with_the_job_at_the_end(job: Path) -> None:
    facts = list(doctor.facts(job))

    assert [fact.name for fact in facts] == [
        "python",
        "ianvs",
        "sedna",
        *doctor.MODULES,
        "starts",
        "sandbox",
        "job",
    ]
    assert all(fact.ok or fact.todo for fact in facts)
    assert facts[-1] == present("job", str(job))


def test_an_exported_job_has_no_problems(job: Path) -> None:
    assert problems(job) == []


@pytest.mark.parametrize(("breaks", "says"), BREAKAGES.values(), ids=BREAKAGES)
def test_a_broken_job_is_told_in_one_line(job: Path, breaks: Break, says: str) -> None:
    breaks(job)

    found = problems(job)
    assert any(says in line for line in found), found
    assert all("\n" not in line for line in found)


def test_a_row_of_an_episode_that_is_not_there_is_a_problem(job: Path) -> None:
    edit_text("episodes.jsonl", lambda text: text.splitlines(keepends=True)[0])(job)

    assert problems(job) == [f"episodes.jsonl: episode {SECOND} is missing"]


def test_a_folder_that_is_no_job_is_one_problem(tmp_path: Path) -> None:
    assert len(problems(tmp_path)) == 1
