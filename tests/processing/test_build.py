from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from pairlog.source import find_session
from pairlog.source.files import FileSource
from processing.episodes.build import NotBuilt, build
from processing.episodes.episode import Episode
from tests.support.sessions import (
    CART,
    CART_TEST,
    OUTCOMES,
    PASSED,
    PROJECT,
    SESSION,
    SessionBuilder,
    cart_session,
    write_sessions,
)

MENDED = CART.replace("= price", "= result + price")


def built(made: SessionBuilder, tmp_path: Path) -> tuple[list[Episode], list[str]]:
    folder = made.write(tmp_path / "session")
    with FileSource(folder) as source:
        return build(find_session(source, made.session), made.lines, made.blob_of)


def begun(**header: Any) -> SessionBuilder:
    made = SessionBuilder(**header)
    made.workspace(PROJECT)
    made.open(1, "shop/cart.py", CART)
    made.open(2, "tests/test_cart.py", CART_TEST)
    return made


def test_the_task_is_the_failing_test_and_the_answer_the_persons(episode: Episode) -> None:
    assert episode.instruction == (
        "Make this failing test pass without changing any test:\n"
        "- tests/test_cart.py::test_total\n\n"
        "tests/test_cart.py::test_total fails with:\nassert 4 == 6\n\n"
        "Every test that passes now must still pass."
    )
    assert episode.gold == [{"path": "shop/cart.py", "text": MENDED}]
    assert episode.context == {"tests/test_cart.py": CART_TEST, "shop/cart.py": CART}
    assert (episode.seq_cut, episode.seq_gold, episode.base_commit) == (4, 28, "c0ffee")
    assert episode.tests.command == ["python", "-m", "pytest"]
    assert episode.tests.fail_to_pass == ["tests/test_cart.py::test_total"]
    assert episode.tests.pass_to_pass == ["tests/test_cart.py::test_empty"]
    assert [file["path"] for file in episode.tests.files] == ["pyproject.toml", "tests/test_cart.py"]


def test_the_workspace_is_what_the_failing_run_saw(tmp_path: Path) -> None:
    made = begun()
    made.edit(1, (0, 0, 0, 0, "# saved\n"))
    made.save(1)
    made.edit(1, (0, 0, 0, 0, "# typed, not saved\n"))
    made.run("r1", OUTCOMES)
    made.edit(1, (0, 0, -1, 0, MENDED))
    made.save(1)
    made.run("r2", PASSED)
    (episode,), _ = built(made.end(), tmp_path)
    files = {file["path"]: file.get("text") for file in episode.files}
    assert files["shop/cart.py"] == "# saved\n" + CART
    assert set(files) == set(PROJECT)


def test_an_episode_cut_in_the_middle_has_the_files_of_the_nearest_manifest(tmp_path: Path) -> None:
    """A file that nobody opened was changed, in a commit, long after the session began."""
    made = begun()
    made.run("r0", OUTCOMES)
    made.run("r0b", PASSED)
    made.edit(1, (0, 0, 0, 0, "# saved\n"))
    made.save(1)
    made.run("r1", OUTCOMES)
    # Saved while the files were being read for the run: it did not see that.
    made.edit(1, (0, 0, 0, 0, "# later\n"))
    made.save(1)
    later = {**PROJECT, "README.md": "# A shop\n", "shop/tax.py": "RATE = 19\n"}
    made.workspace({**later, "shop/cart.py": made.text(1)}, run="r1", head="decade")
    made.edit(1, (0, 0, -1, 0, MENDED))
    made.save(1)
    made.run("r2", PASSED)
    (episode,), _ = built(made.end(), tmp_path)
    files = {file["path"]: file.get("text") for file in episode.files}
    assert (files["README.md"], files["shop/tax.py"]) == ("# A shop\n", "RATE = 19\n")
    assert files["shop/cart.py"] == "# saved\n" + CART
    assert episode.base_commit == "decade"


def test_a_run_without_an_exit_code_failed_where_a_test_did(tmp_path: Path) -> None:
    made = begun()
    for run, outcomes, text in (("r1", OUTCOMES, MENDED), ("r2", PASSED, MENDED)):
        started = made.add("run", id=run, phase="started", kind="test", command="pytest")
        for test, outcome in outcomes.items():
            made.add("test", run=run, test=test, outcome=outcome)
        made.add("run", id=run, phase="ended")
        made.edit(1, (0, 0, -1, 0, text))
        made.save(1)
    (episode,), _ = built(made.end(), tmp_path)
    assert (episode.seq_gold, episode.tests.fail_to_pass) == (started, ["tests/test_cart.py::test_total"])


def test_of_several_attempts_at_a_test_the_last_one_counts(tmp_path: Path) -> None:
    made = begun()
    made.run("r1", OUTCOMES)
    made.edit(1, (0, 0, -1, 0, MENDED))
    made.save(1)
    made.add("run", id="r2", phase="started", kind="test", command="pytest", saw={"1": len(made.lines) - 1})
    for outcome in ("failed", "passed"):
        made.add("test", run="r2", test="tests/test_cart.py::test_total", outcome=outcome)
    made.add("run", id="r2", phase="ended", exit_code=0)
    (episode,), _ = built(made.end(), tmp_path)
    assert episode.tests.fail_to_pass == ["tests/test_cart.py::test_total"]


def test_a_file_that_was_made_in_between_belongs_to_the_answer(tmp_path: Path) -> None:
    made = begun()
    made.run("r1", OUTCOMES)
    made.open(3, "shop/money.py", "")
    made.edit(3, (0, 0, 0, 0, "CENT = 1\n"))
    made.save(3)
    made.run("r2", PASSED)
    (episode,), _ = built(made.end(), tmp_path)
    assert episode.gold == [{"path": "shop/money.py", "text": "CENT = 1\n"}]


def test_the_tests_are_those_of_the_passing_side(tmp_path: Path) -> None:
    made = begun()
    made.run("r1", OUTCOMES)
    made.edit(1, (0, 0, -1, 0, MENDED))
    made.edit(2, (0, 0, 0, 0, "# later\n"))
    made.save(1)
    made.save(2)
    made.run("r2", PASSED)
    (episode,), _ = built(made.end(), tmp_path)
    oracle = {file["path"]: file["text"] for file in episode.tests.files}
    assert oracle["tests/test_cart.py"] == "# later\n" + CART_TEST
    assert [file["path"] for file in episode.gold] == ["shop/cart.py"]


def test_a_session_without_its_workspace_makes_none(tmp_path: Path) -> None:
    made = begun(consent="content")
    with pytest.raises(NotBuilt, match="without the workspace's files"):
        built(made.end(), tmp_path)


def test_a_session_whose_tests_never_passed_makes_none(tmp_path: Path) -> None:
    made = begun()
    made.save(1)
    made.run("r1", OUTCOMES)
    with pytest.raises(NotBuilt, match="no test failed and passed later"):
        built(made.end(), tmp_path)


@pytest.mark.parametrize(
    ("path", "command", "reason"),
    [
        (2, "pytest", "only tests were changed"),
        (1, "make test", "a test command that is not plain pytest"),
        (1, "pytest; rm -rf /", "a test command that is not plain pytest"),
        (None, "pytest", "nothing was changed between the runs"),
    ],
)
def test_a_pair_that_makes_none_is_counted_with_its_reason(
    tmp_path: Path, path: int | None, command: str, reason: str
) -> None:
    made = begun()
    made.save(1)
    made.run("r1", OUTCOMES, command)
    if path is not None:
        made.edit(path, (0, 0, 0, 0, "# later\n"))
        made.save(path)
    made.run("r2", PASSED, command)
    assert built(made.end(), tmp_path) == ([], [reason])


def test_the_command_builds_from_all_sessions_and_counts_what_it_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thin = SessionBuilder(SESSION[:-1] + "2", consent="content").end()
    store = write_sessions(tmp_path / "store", [cart_session(), thin])
    out = tmp_path / "e.jsonl"
    assert main(["episodes", "build", "--from", str(store), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(out),
        "episodes": 1,
        "refused": {"recorded without the workspace's files": 1},
    }
