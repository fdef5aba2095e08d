from __future__ import annotations

import pytest

from processing.episodes.pytest_run import UnknownRunner, normalise, read_report


@pytest.mark.parametrize(
    ("command", "chosen"),
    [
        ("pytest", []),
        ("python -m pytest -q", []),
        ("uv run pytest", []),
        ("/usr/bin/python3.11 -m pytest -x -vv --tb=short -rA", []),
        (
            ".venv/bin/pytest tests/test_a.py::test_b -k 'a and b'",
            ["tests/test_a.py::test_b", "-k", "a and b"],
        ),
        ("py.test --deselect tests/test_a.py", ["--deselect", "tests/test_a.py"]),
    ],
)
def test_every_spelling_of_pytest_is_one_command(command: str, chosen: list[str]) -> None:
    assert normalise(command) == ["python", "-m", "pytest", *chosen]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "make test",
        "tox",
        "uv run tox",
        "uv run",
        "python test.py",
        "python -c 'import pytest'",
        "pytest && rm x",
        "pytest | tee log",
        "pytest $(id)",
        "pytest --pdb",
        "pytest -p evil",
        "pytest -c /etc/x",
        "pytest /etc",
        "pytest ../other",
        "pytest -k",
        "pytest 'unclosed",
    ],
)
def test_everything_else_is_refused(command: str) -> None:
    with pytest.raises(UnknownRunner):
        normalise(command)


def test_a_report_tells_each_test_by_pytests_own_id() -> None:
    report = b"""<testsuites><testsuite>
    <testcase classname="tests.test_a" name="test_x" file="tests/test_a.py"/>
    <testcase classname="tests.test_a.TestB.TestC" name="test_y[a::b]" file="tests/test_a.py"/>
    <testcase classname="tests.test_a" name="test_f" file="tests/test_a.py"><failure/></testcase>
    <testcase classname="tests.test_a" name="test_t" file="tests/test_a.py"/>
    <testcase classname="tests.test_a" name="test_t" file="tests/test_a.py"><error/></testcase>
    <testcase classname="tests.test_a" name="test_s" file="tests/test_a.py">
        <skipped type="pytest.skip"/></testcase>
    <testcase classname="tests.test_a" name="test_w" file="tests/test_a.py">
        <skipped type="pytest.xfail"/></testcase>
    </testsuite></testsuites>"""
    assert read_report(report) == {
        "tests/test_a.py::test_x": "passed",
        "tests/test_a.py::TestB::TestC::test_y[a::b]": "passed",
        "tests/test_a.py::test_f": "failed",
        "tests/test_a.py::test_t": "failed",
        "tests/test_a.py::test_s": "skipped",
        "tests/test_a.py::test_w": "passed",
    }


@pytest.mark.parametrize("report", [b"", b"<testsuites>", b"bwrap: no", b"<!DOCTYPE x><a/>"])
def test_a_report_that_is_none_is_none(report: bytes) -> None:
    assert read_report(report) is None
