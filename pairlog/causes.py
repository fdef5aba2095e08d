"""The cause of an edit as a reader takes it: from its line, from what was learned later, or left unsaid."""

from __future__ import annotations

from collections.abc import Iterable

from pairlog.events import Attribution, Cause, Event, Session


def unsaid(header: Session | None) -> Cause:
    """The cause of an edit that bears none: typed where the recorder looked at every edit, else unknown."""
    return "typed" if header is not None and header.causes == "inferred" else "unknown"


def learned(events: Iterable[Event]) -> dict[int, Attribution]:
    """By the seq of a line, the last that was learned of its cause."""
    return {event.of: event for event in events if isinstance(event, Attribution)}
