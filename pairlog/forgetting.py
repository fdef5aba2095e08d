"""Forgetting: lines taken back, and what they brought masked wherever it went; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairlog.events import Clock, End, Event, Forget, Open, Session
from pairlog.line import decode, encode, parse, write
from pairlog.masking import mask, rehash, resaved
from pairlog.moment import milliseconds
from pairlog.rebasing import end_of, needed
from pairlog.replay import Blobs
from pairlog.trail import Trail


@dataclass(frozen=True)
class Forgotten:
    """A session without some of its lines.

    `blobs` are the contents that take the place of others, by the SHA-256 of those. `standing` are the
    forgotten characters that still stand in documents, masked: start and length in units of the whole text.
    `words` are what somebody must remember who wants to know them again.
    """

    lines: list[bytes]
    blobs: dict[str, bytes]
    standing: dict[int, list[tuple[int, int]]]
    words: frozenset[str] = frozenset()


def window(lines: Iterable[bytes], since_ms: int, until_ms: int) -> tuple[int, int] | None:
    """The first and the last seq of the lines of a time, given in milliseconds since 1970, UTC.

    Never the header nor the `end`; None where there is none. Where the clock was set back, lines of another
    time may lie in between.
    """
    found: list[int] = []
    began = 0
    for line in lines:
        event = decode(line)
        if isinstance(event, Session):
            began = milliseconds(event.started_at)
        elif isinstance(event, Clock):
            began = milliseconds(event.utc) - event.t
        if since_ms <= began + event.t <= until_ms and not isinstance(event, (Session, End)):
            found += [event.seq, end_of(event)]
    return (min(found), max(found)) if found else None


def forget(
    lines: list[bytes], first: int, last: int, read_blob: Blobs, needs_rebase: bool, is_raw: bool = False
) -> Forgotten:
    """The session without its lines `first` to `last`; `lines` is all of it, from the header on.

    One `forget` takes their place. What they brought to documents is masked in all later lines and blobs, and
    so are their words: runs of forgotten characters, of at least 5 letters or digits, that stand nowhere
    before; a word of a name, a test or a branch too, but of no path. The header and the `end` stay, and so
    does every line before `first`. Nothing changes where there is nothing but forgotten lines.

    With `needs_rebase`, each document that later lines rely on is opened anew behind the `forget`; where
    there are too few seqs for that, the lines that follow are taken away as well. Without it, `lines` has
    these openings already. `is_raw`: the lines are a recorder's own, which bear texts at every level.

    A session that verifies still does, unless there is no save left. Raises LineError for a line that is no
    event, and what `read_blob` raises.
    """
    events = [decode(line) for line in lines]
    taken = _clipped(events, first, last)
    if taken is None:
        return Forgotten(list(lines), {}, {})
    begin, end, last = taken
    first = events[begin].seq
    trail = Trail(read_blob, is_raw)
    for line, event in zip(lines[:begin], events, strict=False):
        trail.before(line, event)
    known = frozenset(trail.player.documents)
    for event in events[begin:end]:
        trail.inside(event)
    trail.turn()
    openings: list[int] = []
    if needs_rebase:
        openings = needed(events[end:], known, trail.player.documents)
        while last - first < len(openings):
            trail.behind(lines[end], events[end])
            last = end_of(events[end])
            end += 1
            openings = needed(events[end:], known, trail.player.documents)
    t = events[begin].t
    head = [encode(Forget(seq=first, t=t, through=last - len(openings)))]
    for seq, doc in enumerate(openings, last - len(openings) + 1):
        head.append(encode(trail.opening(doc, seq, events[end - 1].t)))
    for line, event in zip(lines[end:], events[end:], strict=True):
        trail.behind(line, event)
    blobs = trail.contents()
    tail = mask(lines[end:], trail.spans, trail.player.encoding)
    result = [*lines[:begin], *head, *_renamed(tail, blobs)]
    again = _saved_again(lines, result, read_blob, blobs)
    return Forgotten(again, blobs, trail.standing(), trail.words)


def _clipped(events: Sequence[Event], first: int, last: int) -> tuple[int, int, int] | None:
    """The indexes of the lines to forget, and the last seq; None where they are none or forgotten before."""
    if events and isinstance(events[-1], End):
        last = min(last, events[-1].seq - 1)
    taken = [
        index
        for index, event in enumerate(events)
        if first <= event.seq <= last and not isinstance(event, (Session, End))
    ]
    if all(_is_forgotten(events[index]) for index in taken):
        return None
    return taken[0], taken[-1] + 1, max(last, end_of(events[taken[-1]]))


def _is_forgotten(event: Event) -> bool:
    return isinstance(event, Forget) or (isinstance(event, Open) and event.why == "after_forget")


def _renamed(lines: Iterable[bytes], blobs: dict[str, bytes]) -> Iterable[bytes]:
    """The lines with the names of the new blobs for those of the old ones."""
    names = {digest: hashlib.sha256(data).hexdigest() for digest, data in blobs.items()}
    for line in lines:
        body = parse(line) if names else {}
        key = "manifest" if body.get("type") == "workspace" else "blob"
        yield write({**body, key: names[body[key]]}) if body.get(key) in names else line


def _saved_again(
    before: list[bytes], after: list[bytes], read_blob: Blobs, blobs: dict[str, bytes]
) -> list[bytes]:
    new = {hashlib.sha256(data).hexdigest(): data for data in blobs.values()}
    saves = dict(
        rehash(before, after, read_blob, lambda digest: new[digest] if digest in new else read_blob(digest))
    )
    return [
        resaved(line, saves[seq]) if saves and (seq := parse(line)["seq"]) in saves else line
        for line in after
    ]
