"""A preference: two models' texts for one place, and what became of the one that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Written:
    """How much of a suggestion somebody wrote at its place, taken or key by key: `text`, from its beginning.

    `whole`: all of it. `exact`: without a slip that was corrected. `seq`: the edit that did it.
    """

    text: str
    whole: bool
    exact: bool
    seq: int


@dataclass(frozen=True)
class Candidate:
    """One model's suggestion. `text` is None where none came, it was taken back, or is told as its size.

    `latency_ms` counts from the moment at which both were asked.
    """

    id: str
    model: str | None = None
    text: str | None = None
    latency_ms: int | None = None
    written: Written | None = None


@dataclass(frozen=True, kw_only=True)
class Preference:
    """A row of `preferences.jsonl`: one comparison of compare mode.

    - `project` to `licence`: as in `processing.trajectories.step.Step`; `actor` is who decided, `time` when
      the suggestion was shown.
    - `preference` counts from 0 within its origin. The document stood as the models saw it behind the line
      `seq_asked`; `context` has the SHA-256 of that text. `position` is in the session's `position_encoding`.
    - `decision`: what became of the one that was shown (`phase`, `evidence`, `reason`, and `taken`, what was
      taken or typed of it); None where nothing was told. `decided_ms` counts from when it was shown.
    - `kept`: the share, 0 to 1, of what was taken at once that stands at the end.
    - `preferred`: None where the session does not tell; `rule` says why, either way. `evidence` is the
      weakest of the lines behind it.
    """

    project: str | None
    source: Literal["session"] = "session"
    origin: str
    issue: str | None = None
    contributor: str | None
    actor: Literal["human"] = "human"
    time: str
    time_resolution: str = "ms"
    revision: str | None
    evidence: str | None
    use: str
    licence: str | None = None
    preference: int
    seq_asked: int | None
    seq_shown: int
    seq_decided: int | None
    doc: int | None
    path: str | None
    language: str | None
    position: tuple[int, int] | None
    position_encoding: str
    provider: str | None
    surface: str | None
    context: dict[str, Any] | None
    shown: Candidate
    rival: Candidate
    decision: dict[str, Any] | None
    decided_ms: int | None
    kept: float | None
    preferred: Literal["shown", "rival"] | None
    rule: str
