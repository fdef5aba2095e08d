"""What a page needs of all events of a session, wherever in it somebody looks; pure."""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import compress

from pairlog.events import Attribution, Edit, Event, Open

_ARRAYS = ("seqs", "times", "edited")


@dataclass
class Tape:
    """The seqs and times of all events, the document that each edits (-1: none), and how documents opened."""

    seqs: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    edited: array[int] = field(default_factory=lambda: array("q"))
    #: The path and the language of each document as it was first opened.
    opened: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    #: The causes of edits that a later event told.
    learned: dict[int, str] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Add the next event."""
        self.seqs.append(event.seq)
        self.times.append(event.t)
        self.edited.append(event.doc if isinstance(event, Edit) else -1)
        if isinstance(event, Open):
            self.opened.setdefault(event.doc, (event.path, event.language))
        elif isinstance(event, Attribution):
            self.learned[event.of] = event.cause

    def edits(self, doc: int) -> array[int]:
        """The seqs of a document's edits."""
        return array("q", compress(self.seqs, map(doc.__eq__, self.edited)))

    def before(self, at: int | None, events: int) -> int:
        """The seq that so many events stand before the last one with a seq of at most `at` (None: of all)."""
        place = len(self.seqs) if at is None else bisect_right(self.seqs, at)
        return self.seqs[max(0, place - 1 - events)]


def last_before(seqs: array[int], seq: int) -> int | None:
    """The last of these before `seq`."""
    place = bisect_left(seqs, seq)
    return seqs[place - 1] if place else None


def first_behind(seqs: array[int], seq: int) -> int | None:
    """The first of these behind `seq`."""
    place = bisect_right(seqs, seq)
    return seqs[place] if place < len(seqs) else None


def record(events: Iterable[Event]) -> Tape:
    """The tape of a session."""
    tape = Tape()
    for event in events:
        tape.add(event)
    return tape


def pack(tape: Tape) -> bytes:
    """A tape as bytes, for the same kind of machine."""
    opened = [[doc, *how] for doc, how in tape.opened.items()]
    told = json.dumps([opened, list(tape.learned.items())]).encode()
    arrays = b"".join(getattr(tape, name).tobytes() for name in _ARRAYS)
    sizes = array("q", [len(told), len(tape.seqs)]).tobytes()
    return zlib.compress(sizes + told + arrays, 1)


def unpack(data: bytes) -> Tape:
    """The tape that `pack` was given."""
    raw = zlib.decompress(data)
    size, count = array("q", raw[:16])
    opened, learned = json.loads(raw[16 : 16 + size])
    tape = Tape(opened={doc: (path, language) for doc, path, language in opened}, learned=dict(learned))
    for number, name in enumerate(_ARRAYS):
        start = 16 + size + 8 * count * number
        getattr(tape, name).frombytes(raw[start : start + 8 * count])
    return tape
