"""What a session holds: its header, counts, documents and the moments worth a look; one pass, pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from collector_api.pages.describe import describe
from pairlog.causes import unsaid
from pairlog.events import (
    Agent,
    Attribution,
    Completion,
    Edit,
    Event,
    Feedback,
    Forget,
    Gap,
    Open,
    Pause,
    Rename,
    Resume,
    Run,
    Save,
    Session,
    Test,
    Vcs,
)
from pairlog.line import decode

_STORY = (Save, Run, Test, Completion, Agent, Vcs, Feedback, Gap, Forget, Pause, Resume)
STORY_MAX = 300


@dataclass
class DocumentFacts:
    """A document of a session: its last path, and what happened to it."""

    doc: int
    path: str
    language: str | None
    first_seq: int
    last_seq: int
    edits: int = 0
    saves: int = 0


@dataclass(frozen=True)
class Moment:
    """An event worth a look; `doc` is its document, else the one that was last worked on."""

    seq: int
    t: int
    type: str
    doc: int | None
    what: str


@dataclass
class Overview:
    """A session at a glance. `story` holds the first `STORY_MAX` moments."""

    header: Session | None = None
    counts: Counter[str] = field(default_factory=Counter)
    #: How many edits have each cause; `said` has those that were told, by their seqs.
    causes: Counter[str] = field(default_factory=Counter)
    said: dict[int, str] = field(default_factory=dict)
    documents: dict[int, DocumentFacts] = field(default_factory=dict)
    story: list[Moment] = field(default_factory=list)
    left_out: int = 0
    runs: int = 0
    duration_ms: int = 0


def overview(lines: Iterable[bytes]) -> Overview:
    """A session at a glance. Raises LineError for a line that is no event."""
    seen = Overview()
    at: int | None = None
    for line in lines:
        event = decode(line)
        at = event.doc if isinstance(event, (Open, Edit, Save)) else at
        seen.counts[event.type] += 1
        seen.duration_ms = event.t
        if isinstance(event, Session):
            seen.header = event
        elif isinstance(event, Run) and event.phase == "started":
            seen.runs += 1
        elif isinstance(event, Attribution):
            _learn(seen, event)
        _document(seen, event)
        if isinstance(event, _STORY):
            if len(seen.story) < STORY_MAX:
                seen.story.append(Moment(event.seq, event.t, event.type, _shows(seen, at), describe(event)))
            else:
                seen.left_out += 1
    return seen


def _learn(seen: Overview, event: Attribution) -> None:
    """Count an edit under the cause that was learned later."""
    seen.causes[seen.said.get(event.of, unsaid(seen.header))] -= 1
    seen.causes[event.cause] += 1
    seen.causes = +seen.causes
    seen.said[event.of] = event.cause


def _shows(seen: Overview, doc: int | None) -> int | None:
    return doc if doc in seen.documents else None


def _document(seen: Overview, event: Event) -> None:
    if isinstance(event, Open):
        facts = seen.documents.setdefault(
            event.doc, DocumentFacts(event.doc, event.path, event.language, event.seq, event.seq)
        )
        facts.path, facts.language, facts.last_seq = event.path, event.language, event.seq
        return
    doc = getattr(event, "doc", None)
    known = seen.documents.get(doc) if isinstance(doc, int) else None
    if known is None:
        return
    if isinstance(event, Edit):
        cause = event.cause or unsaid(seen.header)
        seen.causes[cause] += 1
        if event.cause is not None:
            seen.said[event.seq] = cause
        known.edits += 1
        known.last_seq = event.seq
    elif isinstance(event, Save):
        known.saves += 1
        known.last_seq = event.seq
    elif isinstance(event, Rename):
        known.path = event.path
