"""A step: one thing that an actor did, in the columns that sessions and histories share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Actor = Literal["human", "model", "external"]
Kind = Literal["open", "edit", "completion", "agent", "external", "save", "run", "test", "rename"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A row of `steps.jsonl`.

    - `project` to `licence`: where the step comes from; `source` is `session` and `origin` its id. `time` is
      UTC, `time_resolution` its unit. `evidence` is the weakest of the lines behind the step.
    - `step` counts from 0 within its origin. `seq_first` and `seq_last` bound its lines.
    - `observation`: what the actor had before it; `action`: what was done; `outcome`: what came of the step
      itself; `feedback`: the next run that saw it.
    - `diff`: from the document's text before the step to the text after it. A document's diffs, in their
      order, compose to its final text, beginning with nothing: the first one is of kind `open`.
    - `retention`: of a model's step, the share, 0 to 1, of the characters it brought that stand at the end.
    """

    project: str | None
    source: Literal["session"] = "session"
    origin: str
    issue: str | None = None
    contributor: str | None
    actor: Actor
    time: str
    time_resolution: str = "ms"
    revision: str | None
    evidence: str | None
    use: str
    licence: str | None = None
    step: int
    kind: Kind
    seq_first: int
    seq_last: int
    doc: int | None = None
    path: str | None = None
    observation: dict[str, Any]
    action: dict[str, Any]
    feedback: dict[str, Any] | None = None
    diff: str | None = None
    outcome: dict[str, Any] | None = None
    retention: float | None = None
