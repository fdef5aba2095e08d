"""The judge: executes an answer in the sandbox and says what became of the episode's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pairlog.errors import Refused
from processing.benchmark.models import Prediction
from processing.episodes.episode import Episode
from processing.episodes.execute import Executed, execute
from processing.episodes.pytest_run import UnknownRunner
from processing.episodes.workspace import BadWorkspace

Status = Literal["resolved", "failed", "invalid", "timeout", "refused", "error"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one prediction.

    `resolved`: every test that had to pass did. `failed`: one did not. `invalid`: there was no usable answer.
    `timeout`: the tests did not end. `error`: the tests left no report, as an answer can bring about. Each of
    these scores 0. `refused`: this machine cannot execute it, nothing was learnt, and it is never scored.
    `passed` and `failed` are the ids of the required tests.
    """

    episode: str
    status: Status
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    duration_s: float = 0.0
    reason: str | None = None
    resolved: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "resolved", self.status == "resolved")


def judge(episode: Episode, prediction: Prediction) -> Verdict:
    """The executed verdict on a prediction. It does not raise for what a model does."""
    name = episode.id
    if prediction.files is None:
        return Verdict(episode=name, status="invalid", reason=prediction.error or "no answer")
    try:
        ran = execute(episode, prediction.files)
    except Refused as error:
        return Verdict(episode=name, status="refused", reason=str(error))
    except BadWorkspace as error:
        return Verdict(episode=name, status="invalid", reason=str(error))
    except UnknownRunner as error:
        return Verdict(episode=name, status="error", reason=str(error))
    status, reason = _status(ran)
    return Verdict(
        episode=name,
        status=status,
        passed=ran.passed,
        failed=ran.failed,
        duration_s=round(ran.duration_s, 3),
        reason=reason,
    )


def _status(ran: Executed) -> tuple[Status, str | None]:
    if ran.status == "timeout":
        return "timeout", "the tests did not end in time"
    if ran.status == "memory":
        return "failed", "the tests took too much memory"
    if ran.status == "no_report":
        last = next((line for line in reversed(ran.output.split("\n")) if line.strip()), "")
        return "error", f"the tests left no report: {last.strip()[:200]}"
    if ran.failed:
        return "failed", None
    return "resolved", None
