"""Which edits that a recorder saw come from outside were a tool call of an imported session; pure.

A link says that a file of the same path, in the same folder, was changed from the same text to the same text
while the call was carried out. Where two fit, none is told: a link that is missing can be sought again, a
false one cannot be told from a true one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from pairlog.document import sha256
from pairlog.events import Attribution, Clock, Edit, Event, Evidence, Session
from pairlog.moment import milliseconds
from pairlog.replay import Blobs, Player, ReplayError
from processing.imports.imported import AgentEdit

#: A recorder tells of a file at most so long after it was written, as it waits for it to rest.
_LATE_MS_MAX = 10_000
#: How far the clocks of a transcript and a recorder may be apart on one machine.
_EARLY_MS_MAX = 1_000

Rule = Literal["same_texts", "merged"]


class Link(NamedTuple):
    """A recorded edit, `seq` of `session`, and the tool call in the session `imported` that made it.

    `merged`: the recorder saw the edits of several calls as one, and each of them has a link to it.
    """

    session: str
    seq: int
    imported: str
    tool_call: str
    evidence: Evidence
    rule: Rule


class _Seen(NamedTuple):
    """An edit that came from outside."""

    seq: int
    path: str
    at_ms: int
    before: str
    after: str


def links(recorded: Sequence[Event], blobs: Blobs, imported: str, edits: Sequence[AgentEdit]) -> list[Link]:
    """The links of one recorded session, in its order, with one imported one."""
    header = recorded[0]
    assert isinstance(header, Session)
    seen = list(_seen(recorded, milliseconds(header.started_at), blobs, {it.path for it in edits}))
    fitting = {it.seq: _fitting(it, edits) for it in seen}
    taken = Counter(edit.tool_call for ways in fitting.values() for way in ways for edit in way)
    found = []
    for it in seen:
        ways = fitting[it.seq]
        if len(ways) != 1 or any(taken[edit.tool_call] > 1 for edit in ways[0]):
            continue
        (way,) = ways
        rule: Rule = "same_texts" if len(way) == 1 else "merged"
        found += [Link(header.session, it.seq, imported, edit.tool_call, "inferred", rule) for edit in way]
    return found


def _fitting(seen: _Seen, edits: Sequence[AgentEdit]) -> list[tuple[AgentEdit, ...]]:
    """The runs of calls, one behind the other, that lead from its text before to the one after."""
    near = [it for it in edits if it.path == seen.path and _is_near(seen, it)]
    found: list[tuple[AgentEdit, ...]] = []
    for first, edit in enumerate(near):
        if edit.before != seen.before:
            continue
        run = [edit]
        for following in near[first + 1 :]:
            if run[-1].after == seen.after or following.before != run[-1].after:
                break
            run.append(following)
        if run[-1].after == seen.after:
            found.append(tuple(run))
    return found


def _is_near(seen: _Seen, edit: AgentEdit) -> bool:
    return edit.called_ms - _EARLY_MS_MAX <= seen.at_ms <= edit.done_ms + _LATE_MS_MAX


def _seen(recorded: Iterable[Event], started_ms: int, blobs: Blobs, paths: set[str]) -> Iterator[_Seen]:
    """The edits of these files whose cause is `external`, as the recorder observed; not those of git."""
    events = list(recorded)
    read_anew = {
        it.of for it in events if isinstance(it, Attribution) and _is_outside(it.cause, it.evidence, it.ref)
    }
    player = Player(blobs)
    base = started_ms
    for event in events:
        before = None
        if isinstance(event, Clock):
            base = milliseconds(event.utc) - event.t
        is_outside = isinstance(event, Edit) and (
            event.seq in read_anew or _is_outside(event.cause, event.evidence, event.ref)
        )
        if is_outside and isinstance(event, Edit) and event.doc in player.documents:
            document = player.documents[event.doc]
            before = sha256(document.document.text) if document.live and document.path in paths else None
        try:
            player.feed(event)
        except ReplayError:
            # What follows is not known to be what the file was.
            return
        if before is not None and isinstance(event, Edit):
            document = player.documents[event.doc]
            after = sha256(document.document.text)
            yield _Seen(event.seq, document.path, base + event.t, before, after)


def _is_outside(cause: str | None, evidence: str | None, ref: str | None) -> bool:
    return cause == "external" and evidence == "observed" and ref is None
