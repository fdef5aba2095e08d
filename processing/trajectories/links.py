"""Changes that a recorder saw come from outside, and an agent's tool call is linked with; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pandas as pd

from processing.imports.links import Link

#: By the seq of a recorded edit, the calls that made it: several where the recorder saw them as one change.
Calls = dict[int, list[Link]]


def calls_of(session: str, links: Iterable[Link]) -> Calls:
    """The calls that one session's edits are linked with, each once, in the order of the links."""
    found: defaultdict[int, dict[str, Link]] = defaultdict(dict)
    for link in links:
        if link.session == session:
            found[link.seq].setdefault(link.tool_call, link)
    return {seq: list(calls.values()) for seq, calls in found.items()}


def attribute(timeline: pd.DataFrame, calls: Calls) -> pd.DataFrame:
    """The timeline with linked changes as the agent's; `ref` is the first call.

    Only what the recorder observed to come from outside, and not from git, can be linked.
    """
    if not calls:
        return timeline
    is_outside = (timeline["cause"] == "external") & (timeline["evidence"] == "observed")
    linked = timeline["seq"].isin(list(calls)) & is_outside & timeline["ref"].isna()
    changed = timeline.copy()
    seqs = timeline.loc[linked, "seq"]
    changed.loc[linked, "cause"] = "agent"
    changed.loc[linked, "evidence"] = seqs.map(lambda seq: calls[seq][0].evidence)
    changed.loc[linked, "ref"] = seqs.map(lambda seq: calls[seq][0].tool_call)
    return changed
