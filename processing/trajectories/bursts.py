"""Bursts: which edits belong to one step."""

from __future__ import annotations

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


def bursts(timeline: pd.DataFrame) -> pd.DataFrame:
    """The edits of a timeline, with two more columns: `group` (what they may be mixed with) and `burst`.

    Edits of one burst follow each other in one document, are of one group, of one suggestion or agent's call
    where there is one, less than `PAUSE_MS_MIN` apart, and no save, run, decision or the like lies between.
    """
    decided = (timeline["type"] == "completion") & timeline["phase"].isin(_ENDING_PHASES)
    ended = (timeline["type"].isin(_ENDING_TYPES) | decided).cumsum()
    is_edit = timeline["type"] == "edit"
    edits = timeline[is_edit].assign(chapter=ended[is_edit])
    edits["group"] = edits["cause"].map(_MIXED).fillna(edits["cause"])
    edits["ref"] = edits["ref"].fillna("").where(~edits["group"].isin(("typed", "undo")), "")
    same = edits[["doc", "group", "ref", "chapter"]]
    new = (same != same.shift()).any(axis=1) | (edits["t"].diff() >= PAUSE_MS_MIN)
    edits["burst"] = new.cumsum()
    return edits.drop(columns="chapter")
