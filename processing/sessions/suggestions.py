"""Suggestions: the phases of each completion, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pairlog.events import Completion, Event

#: Phases that say what became of a suggestion.
DECISIONS = frozenset({"accepted", "partly_accepted", "rejected", "ignored", "typed_through"})
_OFFERED = ("provider", "model", "surface", "position", "text", "latency_ms", "rival")


@dataclass
class Suggestion:
    """One suggestion. `offered` holds what was told of it, `decision` its last phase that decided."""

    id: str
    seq_first: int
    seq_last: int
    offered: dict[str, Any]
    doc: int | None = None
    decision: str | None = None
    reason: str | None = None
    evidence: str | None = None


def suggestions(events: Iterable[Event]) -> list[Suggestion]:
    """The suggestions of a session, by their first lines; a question without an answer is none."""
    found: dict[str, Suggestion] = {}
    for event in events:
        if not isinstance(event, Completion):
            continue
        suggestion = found.setdefault(event.id, Suggestion(event.id, event.seq, event.seq, {}))
        suggestion.seq_last = event.seq
        told = {name: value for name in _OFFERED if (value := getattr(event, name)) is not None}
        if event.phase in DECISIONS:
            # What was taken of a text is no other text.
            told = {**told, **suggestion.offered}
        suggestion.offered.update(told)
        suggestion.doc = event.doc if event.doc is not None else suggestion.doc
        suggestion.evidence = event.evidence or suggestion.evidence
        if event.phase in DECISIONS:
            suggestion.decision, suggestion.reason = event.phase, event.reason
    return [it for it in found.values() if it.decision is not None or "text" in it.offered]
