"""pytest in the sandbox: which of its commands are taken, and what its report says of each test."""

from __future__ import annotations

import re
import shlex
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Literal

from pairlog.errors import Refused
from processing.episodes import sandbox
from processing.episodes.limits import Limits
from processing.episodes.workspace import Files

#: How every command of an episode begins.
PYTEST = ("python", "-m", "pytest")

#: pytest is loaded before the workspace can be looked into, so that no file there passes for it.
_START = "import os, sys, pytest; sys.path.insert(0, os.getcwd()); sys.exit(pytest.main(sys.argv[1:]))"
#: Pairlog's own plugin has nobody to tell there, and its modules may lie where the sandbox sees nothing.
_REPORTING = (
    *("-p", "no:cacheprovider", "-p", "no:pairlog"),
    *("-o", "junit_family=xunit1", "--junitxml", sandbox.REPORT),
)
_PYTHON = re.compile(r"python(3(\.\d+)?)?|py\.test|pytest")
_SHELL = re.compile(r"[;&|<>`$\n]")
#: Words before a command that only choose its environment; here it is always the sandbox's.
_IN_ENVIRONMENT = frozenset({("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run")})
#: Options that change what is shown, not what is run.
_SHOWN = re.compile(r"-(q+|v+|s|l|x|r\w+)|--(verbose|quiet|tb=\w+|color=\w+|exitfirst|maxfail=\d+|no-header)")
#: Options, with a value, that choose tests.
_CHOOSING = ("-k", "-m", "--deselect", "--ignore")
_Result = Literal["passed", "failed", "skipped"]


class UnknownRunner(ValueError):
    """A test command that is none of the runners we know how to run; the message says why."""


@dataclass(frozen=True, kw_only=True)
class TestRun:
    """What came of the tests. `status`: `report` where there is one (`results`, by test id), else why not."""

    __test__ = False

    status: Literal["report", "no_report", "timeout", "memory"]
    results: dict[str, _Result]
    duration_s: float
    output: str


def normalise(command: str) -> list[str]:
    """A test command from a session as `python -m pytest` and what chooses its tests.

    Raises UnknownRunner for every other program, for a shell's words, and for options that are not known.
    """
    if _SHELL.search(command):
        raise UnknownRunner(f"`{command}` is more than one program")
    try:
        words = shlex.split(command)
    except ValueError:
        raise UnknownRunner(f"`{command}` cannot be read") from None
    if tuple(words[:2]) in _IN_ENVIRONMENT:
        words = words[2:]
    name = PurePosixPath(words[0]).name if words else ""
    rest = words[1:]
    if not _PYTHON.fullmatch(name):
        raise UnknownRunner(f"`{command}` is not pytest")
    if name.startswith("python"):
        if rest[:2] != ["-m", "pytest"]:
            raise UnknownRunner(f"`{command}` is not pytest")
        rest = rest[2:]
    return [*PYTEST, *_choosing(rest)]


def _choosing(words: Sequence[str]) -> list[str]:
    chosen, waiting = list[str](), iter(words)
    for word in waiting:
        if _SHOWN.fullmatch(word):
            continue
        if word in _CHOOSING:
            value = next(waiting, None)
            if value is None:
                raise UnknownRunner(f"pytest's option {word} has no value")
            chosen += [word, value]
        elif word.startswith("-"):
            raise UnknownRunner(f"pytest's option {word} is not taken")
        elif PurePosixPath(word).is_absolute() or ".." in PurePosixPath(word).parts:
            raise UnknownRunner(f"{word} lies outside the workspace")
        else:
            chosen.append(word)
    return chosen


def run_tests(command: Sequence[str], files: Files, limits: Limits) -> TestRun:
    """Run an episode's command on a workspace in the sandbox.

    Raises UnknownRunner where the command is not pytest's, and what `sandbox.run` raises.
    """
    if find_spec("pytest") is None:
        raise Refused("pytest is not installed beside Pairlog; install it with: pip install pytest")
    outcome = sandbox.run(program(command), files, limits)
    output = outcome.output.decode("utf-8", "replace")
    results: dict[str, _Result] | None = None
    if outcome.stopped is None:
        results = read_report(outcome.report)
    status: Literal["report", "no_report", "timeout", "memory"] = "report"
    if outcome.stopped is not None:
        status = "timeout" if outcome.stopped == "time" else "memory"
    elif results is None:
        status = "no_report"
    return TestRun(status=status, results=results or {}, duration_s=outcome.duration_s, output=output)


def program(command: Sequence[str]) -> list[str]:
    """An episode's command as the program that the sandbox runs. Raises UnknownRunner as `normalise` does."""
    if tuple(command[: len(PYTEST)]) != PYTEST:
        raise UnknownRunner(f"`{shlex.join(command)}` is not pytest")
    return [sys.executable, "-I", "-B", "-c", _START, *_REPORTING, *_choosing(command[len(PYTEST) :])]


def read_report(report: bytes) -> dict[str, _Result] | None:
    """What a JUnit report (family xunit1, as pytest writes it) says of each test id; None where it is none.

    A test with an error, such as one of its teardown, has failed, whatever else is said of it.
    """
    # An entity can grow without bounds; pytest's reports have none.
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:
        return None
    try:
        root = ET.fromstring(report)
    except (ET.ParseError, ValueError):
        return None
    results: dict[str, _Result] = {}
    for case in root.iter("testcase"):
        name = _test_id(case)
        result = _result(case)
        if results.get(name) != "failed":
            results[name] = result
    return results


def _result(case: ET.Element) -> _Result:
    tags = {child.tag for child in case}
    if tags & {"failure", "error"}:
        return "failed"
    # An expected failure is reported as skipped, and counts as passed, as in pytest's exit code.
    skipped = case.find("skipped")
    if skipped is None:
        return "passed"
    return "passed" if skipped.get("type") == "pytest.xfail" else "skipped"


def _test_id(case: ET.Element) -> str:
    """pytest's own id of a test: file, classes, name."""
    file, name = case.get("file"), case.get("name", "")
    classname = case.get("classname", "")
    if file is None:
        return f"{classname}::{name}" if classname else name
    module = file.removesuffix(".py").replace("/", ".")
    classes = classname.removeprefix(module).lstrip(".")
    return "::".join([file, *(classes.split(".") if classes else []), name])
