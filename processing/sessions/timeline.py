"""The timeline: a verified session as a table, a row for each event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pandas as pd

from pairlog.causes import learned, unsaid
from pairlog.document import Document
from pairlog.events import Clock, Edit, Event, Session
from pairlog.line import decode
from pairlog.replay import Blobs, Player, verify

#: The columns and their types. `time` is UTC and follows the wall clock; `t` is milliseconds since the
#: session began; `inserted` and `deleted` count code points; a cause is the one that was learned last.
COLUMNS = {
    "seq": "int64",
    "t": "int64",
    "time": "datetime64[ms, UTC]",
    "type": "str",
    "doc": "Int64",
    "path": "str",
    "id": "str",
    "phase": "str",
    "cause": "str",
    "evidence": "str",
    "ref": "str",
    "inserted": "int64",
    "deleted": "int64",
}


class Unverified(ValueError):
    """A session whose saves do not prove its text; the message says why."""


def timeline(lines: Sequence[bytes], blobs: Blobs) -> pd.DataFrame:
    """The events of a session with the columns of `COLUMNS`, in the order of seq.

    Raises Unverified where a save does not match, or where there is none to check.
    """
    verdict = verify(lines, blobs)
    if verdict.verified is None:
        raise Unverified("no save to check its text against")
    if not verdict.verified:
        raise Unverified(f"{verdict.reason} (seq {verdict.first_bad_seq})")
    rows = _rows([decode(line) for line in lines], blobs)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(events: Sequence[Event], blobs: Blobs) -> list[dict[str, Any]]:
    count = _Count()
    player = Player(blobs, count.observe)
    wall: datetime | None = None
    rows: dict[int, dict[str, Any]] = {}
    for event in events:
        count.inserted = count.deleted = 0
        player.feed(event)
        if wall is None and player.header is not None:
            wall = utc(player.header.started_at) - timedelta(milliseconds=event.t)
        if isinstance(event, Clock):
            wall = utc(event.utc) - timedelta(milliseconds=event.t)
        doc = getattr(event, "doc", None)
        rows[event.seq] = {
            "seq": event.seq,
            "t": event.t,
            "time": wall + timedelta(milliseconds=event.t) if wall else None,
            "type": event.type,
            "doc": doc,
            "path": player.documents[doc].path if doc in player.documents else None,
            "id": getattr(event, "id", None) or getattr(event, "run", None),
            "phase": getattr(event, "phase", None),
            "cause": getattr(event, "cause", None),
            "evidence": getattr(event, "evidence", None),
            "ref": getattr(event, "ref", None),
            "inserted": count.inserted,
            "deleted": count.deleted,
        }
        if isinstance(event, Edit) and event.cause is None:
            rows[event.seq].update(_left_unsaid(player.header))
    for seq, late in learned(events).items():
        if seq in rows:
            rows[seq].update(cause=late.cause, evidence=late.evidence, ref=late.ref)
    return list(rows.values())


def _left_unsaid(header: Session | None) -> dict[str, str | None]:
    cause = unsaid(header)
    return {"cause": cause, "evidence": None if cause == "unknown" else "inferred"}


class _Count:
    """An observer that counts the characters of one event's changes."""

    inserted = deleted = 0

    def observe(self, document: Document, line: int, start: int, end_line: int, end: int, text: str) -> None:
        self.inserted += len(text)
        self.deleted += len(document.slice(line, start, end_line, end))


def utc(time: str) -> datetime:
    """A UTC time of the wire."""
    return datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(timezone.utc)
