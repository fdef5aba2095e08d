"""Context: what is in force at a line of a session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pairlog.events import Consent, Event, Range, Select, Session, Vcs, Workspace
from processing.sessions.runs import RunRecord


@dataclass(frozen=True)
class Context:
    """The commit that is checked out, the permitted use, the tests that failed last, the selections."""

    revision: str | None = None
    use: str = "private"
    failing: list[str] = field(default_factory=list)
    selections: dict[int, list[Range]] = field(default_factory=dict)


def contexts(events: Iterable[Event], records: Iterable[RunRecord]) -> dict[int, Context]:
    """For the seq of each line, the context behind it."""
    ended = {record.seq_last: record for record in records if record.ended}
    context, found = Context(), dict[int, Context]()
    for event in events:
        if event.seq in ended:
            context = replace(context, failing=ended[event.seq].failed())
        else:
            context = _after(context, event)
        found[event.seq] = context
    return found


def _after(context: Context, event: Event) -> Context:
    if isinstance(event, Session):
        return replace(context, revision=event.head, use=event.use)
    if isinstance(event, Consent):
        return replace(context, use=event.use)
    if isinstance(event, Workspace) and event.head is not None:
        return replace(context, revision=event.head)
    if isinstance(event, Vcs) and _moves_head(event) and event.id is not None:
        return replace(context, revision=event.id)
    if isinstance(event, Select):
        return replace(context, selections={**context.selections, event.doc: event.selections})
    return context


def _moves_head(event: Vcs) -> bool:
    """Whether another commit is checked out behind it."""
    return event.action in ("commit", "checkout", "merge", "rebase") or event.how == "reset"
