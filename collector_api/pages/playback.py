"""A document at one event of its session: the text, what changed, what happened around; pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collector_api.lines.tape import Tape, first_behind, last_before
from collector_api.pages.code_view import CodeView, view
from collector_api.pages.describe import describe
from collector_api.pages.marks import Marker
from collector_api.problems import NoDocument
from pairlog.events import Edit, Event
from pairlog.line import decode_all
from pairlog.replay import Player, Replayed, ReplayError

#: How many events are listed before and behind the one that is shown.
AROUND = 16
#: How many bars the strip over a session has.
BARS = 96


@dataclass(frozen=True)
class Entry:
    """An event in the list; `here`: it is the one that is shown; `own`: it is of the document shown."""

    seq: int
    t: int
    type: str
    doc: int | None
    cause: str | None
    what: str
    here: bool
    own: bool


@dataclass(frozen=True)
class Bar:
    """A stretch of the session: the event that it leads to, and the edits of the document in it."""

    seq: int
    t: int
    edits: int
    here: bool


@dataclass(frozen=True)
class Playback:
    """What a page shows of a document at one event. `problem` is a line for people where it is not all."""

    seq: int
    t: int
    path: str
    language: str | None
    code: CodeView
    problem: str | None
    entries: list[Entry]
    bars: list[Bar]
    last_seq: int
    previous_seq: int | None
    next_seq: int | None
    previous_edit: int | None
    next_edit: int | None


def play(
    tape: Tape,
    marker: Marker,
    player: Player,
    lines: Iterable[bytes],
    doc: int,
    at: int | None,
    near: int | None = None,
) -> Playback:
    """The document `doc` after the last event with a seq of at most `at` (None: the last of all).

    `player`, which `marker` observes, stands `AROUND` events and more before it; `lines` follow. `near` is
    the line around which a long document is shown. Raises NoDocument where it is never opened.
    """
    if doc not in tape.opened:
        raise NoDocument(f"no document {doc} is opened in this session")
    before: deque[Event] = deque(maxlen=AROUND + 1)
    behind: list[Event] = []
    problem: str | None = None
    for event in decode_all(lines):
        if at is not None and event.seq > max(at, 0):
            behind.append(event)
            if len(behind) == AROUND:
                break
            continue
        before.append(event)
        if problem is None:
            if event.seq == at:
                marker.begin()
            try:
                player.feed(event)
            except ReplayError as error:
                problem = f"The replay stops at event {event.seq}: {error}. The text is that before it."
            marker.end()
    shown = player.documents.get(doc)
    here = before[-1]
    marks = marker.marks if isinstance(here, Edit) and here.doc == doc else []
    path, language = tape.opened[doc]
    edits = tape.edits(doc)
    return Playback(
        seq=here.seq,
        t=here.t,
        path=shown.path if shown else path,
        language=shown.language if shown else language,
        code=view(shown.document.lines if shown else [], marks, near),
        problem=problem or _problem(shown),
        entries=[_entry(event, tape.learned, here.seq, doc) for event in (*before, *behind)],
        bars=_bars(tape, edits, here.seq),
        last_seq=tape.seqs[-1],
        previous_seq=last_before(tape.seqs, here.seq),
        next_seq=first_behind(tape.seqs, here.seq),
        previous_edit=last_before(edits, here.seq),
        next_edit=first_behind(edits, here.seq),
    )


def _problem(shown: Replayed | None) -> str | None:
    if shown is None:
        return "The document is not open yet at this event."
    if not shown.live:
        return "Its text is not known here: it was not recorded, or something before was lost."
    return None


def _entry(event: Event, learned: Mapping[int, str], here: int, doc: int) -> Entry:
    of = getattr(event, "doc", None)
    cause = learned.get(event.seq, event.cause) if isinstance(event, Edit) else None
    return Entry(event.seq, event.t, event.type, of, cause, describe(event), event.seq == here, of == doc)


def _bars(tape: Tape, edits: array[int], here: int) -> list[Bar]:
    """The session cut into stretches of the same length of time."""
    whole = tape.times[-1] + 1
    bars: list[Bar] = []
    before = -1
    for number in range(BARS):
        t = (number + 1) * whole // BARS
        # Times of several sources may cross, but only by little; seqs are what counts.
        last = max(before, tape.seqs[max(0, bisect_left(tape.times, t) - 1)])
        count = bisect_right(edits, last) - bisect_right(edits, before)
        bars.append(Bar(last, t, count, before < here <= last))
        before = last
    return bars
