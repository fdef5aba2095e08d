"""`pairlog ianvs export`: a whole job folder, or nothing and one line that says why."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ianvs_bridge import layout
from ianvs_bridge.export import BASELINES, export
from ianvs_bridge.prompt import CHARS_MAX
from pairlog.cli import main
from pairlog.errors import UserError
from processing.episodes import sandbox
from processing.episodes.episode import write_episodes
from tests.ianvs_bridge.conftest import FIRST, make_episode


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_all_that_ianvs_needs(job: Path) -> None:
    assert sorted(_files(job)) == [
        "README.md",
        "algorithm.yaml",
        "benchmarkingjob.yaml",
        "episodes.jsonl",
        "modules/pairlog_job_metrics.py",
        "modules/pairlog_job_model.py",
        "test_data/data.jsonl",
        "test_data/metadata.json",
        "testenv.yaml",
        "train_data/data.jsonl",
        "train_data/metadata.json",
    ]


def test_the_same_episodes_give_the_same_bytes(job: Path, episodes_file: Path, tmp_path: Path) -> None:
    export(episodes_file, tmp_path / "again", BASELINES, CHARS_MAX)

    assert _files(tmp_path / "again") == _files(job)


def test_no_file_names_the_place_where_it_was_written(job: Path, tmp_path: Path) -> None:
    naming = [name for name, content in _files(job).items() if bytes(tmp_path) in content]

    assert naming == []


def test_a_row_carries_the_id_of_its_episode_and_nothing_of_the_answer(job: Path) -> None:
    row = json.loads((job / "test_data/data.jsonl").read_text().splitlines()[0])

    assert json.loads(row["response"]) == {"episode": FIRST}
    assert "a + b" not in json.dumps(row)


def test_a_row_is_never_longer_than_the_limit(tmp_path: Path) -> None:
    write_episodes(tmp_path / "long.jsonl", [make_episode("word " * 10_000)])

    job = export(tmp_path / "long.jsonl", tmp_path / "job", BASELINES, 1_000)

    assert (job.query_chars_max <= 1_000, job.cut) == (True, 1)


def test_the_command_says_what_it_wrote(
    episodes_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ianvs", "export", str(episodes_file), "--out", str(tmp_path / "job"), "--json"])

    written = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (written["episodes"], written["cut"]) == (2, 0)


@pytest.mark.parametrize(
    ("models", "chars_max", "says"),
    [
        (("human", "human"), CHARS_MAX, "given twice: human"),
        (("no-such-model",), CHARS_MAX, "no-such-model"),
        (BASELINES, 10, "--chars-max 10"),
    ],
)
def test_wrong_options_leave_nothing_behind(
    episodes_file: Path, tmp_path: Path, models: tuple[str, ...], chars_max: int, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        export(episodes_file, tmp_path / "job", models, chars_max)

    assert not (tmp_path / "job").exists()


def test_a_missing_file_of_episodes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        export(tmp_path / "none.jsonl", tmp_path / "job", BASELINES, CHARS_MAX)


def test_no_episodes_are_an_error_since_ianvs_would_call_them_a_success(tmp_path: Path) -> None:
    write_episodes(tmp_path / "empty.jsonl", [])

    with pytest.raises(UserError, match="no episodes"):
        export(tmp_path / "empty.jsonl", tmp_path / "job", BASELINES, CHARS_MAX)


def test_two_episodes_of_one_id_are_an_error(tmp_path: Path) -> None:
    write_episodes(tmp_path / "twice.jsonl", [make_episode(), make_episode()])

    with pytest.raises(UserError, match=make_episode().id):
        export(tmp_path / "twice.jsonl", tmp_path / "job", BASELINES, CHARS_MAX)


def test_a_folder_with_something_in_it_is_left_alone(episodes_file: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/notes.txt").write_text("mine")

    with pytest.raises(UserError, match="will not overwrite"):
        export(episodes_file, tmp_path / "kept", BASELINES, CHARS_MAX)

    assert _files(tmp_path / "kept") == {"notes.txt": b"mine"}


def test_a_place_that_cannot_be_written_is_an_error(episodes_file: Path) -> None:
    with pytest.raises(UserError, match="cannot write"):
        export(episodes_file, episodes_file / "job", BASELINES, CHARS_MAX)


def test_a_moved_folder_runs_in_the_stand_in_and_ranks_the_human_above_the_base(
    job: Path, tmp_path: Path
) -> None:
    moved = shutil.move(job, tmp_path / "else where")
    program = Path(__file__).with_name("stand_in.py")

    done = subprocess.run(
        [sys.executable, str(program), "-f", "benchmarkingjob.yaml"],
        cwd=moved,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["basemodel-model"], *_scores(row)) for row in rows] == _expected()


def _scores(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in layout.METRICS)


def _expected() -> list[tuple[str, ...]]:
    """Whether this machine can execute anything decides; where it cannot, nobody gets a score."""
    if sandbox.available() is None:
        return [("human", "1.0", "1.0", "2.0", "0.0", "0.0"), ("base", "0.0", "1.0", "2.0", "0.0", "0.0")]
    return [(model, "nan", "nan", "2.0", "0.0", "2.0") for model in BASELINES]
