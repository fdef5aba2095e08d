"""An answer, executed: the episode's workspace, the answer over it, the oracle's tests over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pairlog.blobs import is_inside
from processing.episodes.episode import Answer, Episode, file_bytes, is_answer
from processing.episodes.limits import Limits
from processing.episodes.oracle_files import decides
from processing.episodes.pytest_run import run_tests
from processing.episodes.workspace import BadWorkspace, Files


@dataclass(frozen=True, kw_only=True)
class Executed:
    """What became of the required tests: those that passed, and those that failed or never ran.

    `status` is why there is no report where there is none; then every test counts as failed.
    """

    status: Literal["report", "no_report", "timeout", "memory"]
    passed: list[str]
    failed: list[str]
    duration_s: float
    output: str


def execute(episode: Episode, answer: Answer) -> Executed:
    """Run the episode's tests on its workspace with `answer` in place.

    Raises `processing.episodes.workspace.BadWorkspace` for an answer that cannot be put in place, and
    `pairlog.errors.Refused` where nothing can be executed here.
    """
    limits = Limits(wall_s=episode.tests.timeout_s, cpu_s=max(1, round(episode.tests.timeout_s)))
    ran = run_tests(episode.tests.command, assemble(episode, answer), limits)
    required = [*episode.tests.fail_to_pass, *episode.tests.pass_to_pass]
    passed = [test for test in required if ran.results.get(test) == "passed"]
    return Executed(
        status=ran.status,
        passed=passed,
        failed=[test for test in required if test not in set(passed)],
        duration_s=ran.duration_s,
        output=ran.output,
    )


def assemble(episode: Episode, answer: Answer) -> Files:
    """The files that are run. Tests and their settings are the oracle's own, whatever the answer holds.

    Raises BadWorkspace for what is no answer, and for one with an unsafe path.
    """
    if not is_answer(answer):
        raise BadWorkspace("an answer is a list of {path, text}")
    modes = {file["path"]: file["mode"] for file in episode.files}
    files = {file["path"]: (file_bytes(file), file["mode"]) for file in _answerable(episode.files)}
    for file in _answerable(answer):
        path = file["path"]
        if not is_inside(path):
            raise BadWorkspace(f"{path!r} is no path inside the workspace")
        mode = modes.get(path, "100644")
        files[path] = (file["text"].encode("utf-8", "replace"), mode if mode == "100755" else "100644")
    files |= {file["path"]: (file_bytes(file), file["mode"]) for file in episode.tests.files}
    return files


def _answerable(files: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [file for file in files if not decides(file["path"])]
