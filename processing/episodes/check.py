"""The check that an episode is worth anything: its answer passes every time, and its base fails."""

from __future__ import annotations

from dataclasses import dataclass

from processing.episodes.episode import Episode
from processing.episodes.execute import execute
from processing.episodes.pytest_run import UnknownRunner
from processing.episodes.workspace import BadWorkspace


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result for one episode; `reason` is None where it is good."""

    episode: str
    gold_passed: int
    times: int
    reason: str | None

    @property
    def good(self) -> bool:
        """Whether the episode may be used."""
        return self.reason is None


def check(episode: Episode, times: int) -> Check:
    """Execute the untouched base once and the human's answer `times` times.

    Raises `pairlog.errors.Refused` where nothing can be executed here.
    """
    try:
        reason = _base(episode)
        if reason is not None:
            return Check(episode=episode.id, gold_passed=0, times=times, reason=reason)
        runs = [execute(episode, episode.gold) for _ in range(times)]
    except (BadWorkspace, UnknownRunner) as error:
        return Check(episode=episode.id, gold_passed=0, times=times, reason=str(error))
    passed = sum(run.status == "report" and not run.failed for run in runs)
    reason = None
    if passed < times:
        bad = next(run for run in runs if run.status != "report" or run.failed)
        why = ", ".join(bad.failed) if bad.status == "report" else bad.status
        reason = f"the human's answer passes {passed} of {times} times ({why})"
    return Check(episode=episode.id, gold_passed=passed, times=times, reason=reason)


def _base(episode: Episode) -> str | None:
    """What is wrong with the untouched base: it passes what it should fail, or fails what it should pass."""
    ran = execute(episode, [])
    if ran.status != "report":
        return f"the untouched base gives no report of its tests ({ran.status})"
    passing = [test for test in episode.tests.fail_to_pass if test in ran.passed]
    if passing:
        return f"the untouched base already passes {', '.join(passing)}"
    broken = [test for test in episode.tests.pass_to_pass if test in ran.failed]
    return f"the untouched base fails {', '.join(broken)}, which passed in the session" if broken else None
