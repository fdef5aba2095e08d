"""Bursts: which edits belong to one step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

#: A pause that ends a burst of typing: the 2 s that studies of writing use to tell bursts apart
#: (Chenoweth and Hayes, Fluency in Writing, 2001).
PAUSE_MS_MIN = 2000

#: Causes that one step may mix; every other cause stands alone.
_MIXED = {"typed": "typed", "paste": "typed", "unknown": "typed", "undo": "undo", "redo": "undo"}
#: Lines after which an edit belongs to a new step. What only shows (selections, a suggestion that comes up
#: while somebody types on) is none of them.
_ENDING_TYPES = ("open", "close", "rename", "save", "run", "test", "agent", "vcs", "pause", "gap", "forget")
_ENDING_PHASES = ("accepted", "partly_accepted", "rejected")
_WEAKEST_FIRST = ("inferred", "observed", "reported")


@dataclass
class Burst:
    """Edits of one step: one document, one group of causes, one suggestion or agent's call (`ref`).

    `t_first` and `t_last` are milliseconds since the session began; `inserted` and `deleted` code points.
    """

    doc: int
    group: str
    ref: str
    t_first: int
    path: str = ""
    t_last: int = 0
    inserted: int = 0
    deleted: int = 0
    seqs: list[int] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)

    @property
    def evidence(self) -> str | None:
        """The weakest evidence of the edits' causes; None where none was told."""
        return next((word for word in _WEAKEST_FIRST if word in self.told), None)


def bursts(timeline: pd.DataFrame) -> list[Burst]:
    """The bursts of a timeline, in their order.

    Edits of one burst follow each other in one document, are of one group, of one suggestion or agent's call
    where there is one, less than `PAUSE_MS_MIN` apart, and no save, run, decision or the like lies between.
    """
    edits = _marked(timeline)
    columns = ("new", "seq", "t", "doc", "path", "group", "ref", "cause", "evidence", "inserted", "deleted")
    made: list[Burst] = []
    for new, seq, t, doc, path, group, ref, cause, evidence, inserted, deleted in zip(
        *(edits[name].tolist() for name in columns), strict=True
    ):
        if new:
            made.append(Burst(doc, group, ref, t))
        burst = made[-1]
        burst.seqs.append(seq)
        burst.path, burst.t_last = path, t
        burst.inserted += inserted
        burst.deleted += deleted
        burst.causes[cause] += 1
        burst.told.add(evidence)
    return made


def _marked(timeline: pd.DataFrame) -> pd.DataFrame:
    """The edits with their `group`, their `ref` where it matters, and `new` where a burst begins."""
    decided = (timeline["type"] == "completion") & timeline["phase"].isin(_ENDING_PHASES)
    ended = (timeline["type"].isin(_ENDING_TYPES) | decided).cumsum()
    is_edit = timeline["type"] == "edit"
    edits = timeline[is_edit].assign(chapter=ended[is_edit])
    edits["group"] = edits["cause"].map(_MIXED).fillna(edits["cause"])
    edits["ref"] = edits["ref"].fillna("").where(~edits["group"].isin(("typed", "undo")), "")
    same = edits[["doc", "group", "ref", "chapter"]]
    edits["new"] = (same != same.shift()).any(axis=1) | (edits["t"].diff() >= PAUSE_MS_MIN)
    return edits
