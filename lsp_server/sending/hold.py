"""Which lines may leave: an edit waits while the line of text that it belongs to is being written; pure.

A finished line of text can be judged whole: a key typed one letter at a time is no secret before its end.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from lsp_server.sending.pace import Pace

#: One change that brings few characters, as keys do: read without the rest of the line.
_KEY = re.compile(
    rb'\{"seq":\d+,"t":\d+,"type":"edit","doc":(\d+),"changes":\[\[(\d+),\d+,-?\d+,\d+,"[^"\\]{0,64}"\]\]'
)
_TYPE = re.compile(rb'"type":"(\w+)"')
_TYPE_BYTES_MAX = 96
_FINISHING = (b"save", b"close", b"end")
#: What is held is in memory; more than anybody types in a minute is let go early.
_HELD_BYTES_MAX = 4 * 1024 * 1024


class Place(NamedTuple):
    """Lines of text in a document."""

    doc: int
    lines: frozenset[int]

    def meets(self, other: Place) -> bool:
        """Whether they have a line in common."""
        return self.doc == other.doc and not self.lines.isdisjoint(other.lines)

    def joined(self, other: Place) -> Place:
        """Both, of the same document."""
        return Place(self.doc, self.lines | other.lines)


class Hold:
    """Keeps back the edits of the line of text that is being written, and whatever comes behind them."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._held: list[bytes] = []
        self._bytes = 0
        self._place: Place | None = None
        self._first = 0.0
        self._last = 0.0

    def take(self, lines: list[bytes], now: float) -> list[bytes]:
        """What may leave now that `lines` came, in order; `now` in seconds of any clock that only grows."""
        free: list[bytes] = []
        for line in lines:
            kind = kind_of(line)
            place = _place_of(line, kind)
            if place is not None and self._place is not None and not self._place.meets(place):
                free += self.release()
            if place is not None and kind == b"edit":
                self._first = now if self._place is None else self._first
                self._place = place if self._place is None else self._place.joined(place)
                self._last = now
            if self._place is None:
                free.append(line)
                continue
            self._held.append(line)
            self._bytes += len(line)
            if kind in _FINISHING or self._bytes > _HELD_BYTES_MAX:
                free += self.release()
        if self._is_due(now):
            free += self.release()
        return free

    def release(self) -> list[bytes]:
        """All that is held, and nothing is held any more."""
        held, self._held = self._held, []
        self._bytes = 0
        self._place = None
        return held

    def _is_due(self, now: float) -> bool:
        rested, waited = now - self._last, now - self._first
        return self._place is not None and (rested >= self._pace.hold_s or waited >= self._pace.hold_max_s)


def kind_of(line: bytes) -> bytes | None:
    """The type of an event's line, as the recorder writes it; None where it cannot be told."""
    found = _TYPE.search(line, 0, _TYPE_BYTES_MAX)
    return found[1] if found else None


def _place_of(line: bytes, kind: bytes | None) -> Place | None:
    """Where an edit begins or the cursors are; None for other lines, and for those that cannot be read."""
    if kind not in (b"edit", b"select"):
        return None
    if key := _KEY.match(line):
        return Place(int(key[1]), frozenset((int(key[2]),)))
    try:
        body = json.loads(line)
        if kind == b"select":
            lines = [int(selection[2]) for selection in body["selections"]]
        else:
            lines = [int(change[0]) for change in body["changes"]]
        return Place(int(body["doc"]), frozenset(lines)) if lines else None
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
