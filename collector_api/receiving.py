"""A frame as it arrives: new lines are stored, and stored ones that come again masked are masked as well.

A sender masks by itself what waits with it. Where a frame from before that came late, or its acknowledgement
was lost, what it sends again is the better line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from collector_api import frames, ledger, redacting
from collector_api.decoder import Line, seq_of
from collector_api.limits import Limits
from collector_api.problems import Conflict
from collector_api.redactions import Redaction
from collector_api.remasking import remasked, together


class Received(NamedTuple):
    """The last seq that is covered, whether anything was taken out of the store, how many lines at the end of
    the frame are new, and when their session began.
    """

    acked: int
    scrub: bool
    events: int
    started_at: str


def receive(
    connection: Connection, session: str, contributor: int, lines: Sequence[Line], body: bytes, limits: Limits
) -> Received:
    """Store the lines of a frame; see `frames.append`."""
    masked = False
    try:
        appended = frames.append(connection, session, contributor, lines, body, limits)
    except Conflict:
        masked = _mask_again(connection, session, contributor, lines, limits)
        if not masked:
            raise
        appended = frames.append(connection, session, contributor, lines, body, limits)
    else:
        if appended.differs:
            masked = _mask_again(connection, session, contributor, lines, limits)
    return Received(appended.acked, masked or appended.dropped, appended.events, appended.started_at)


def _mask_again(
    connection: Connection, session: str, contributor: int, lines: Sequence[Line], limits: Limits
) -> bool:
    """Mask stored lines where those that came again are masked; returns whether any was."""
    first, last = lines[0].seq, lines[-1].seq
    stored = {seq_of(line): line for line in frames.between(connection, session, first, last)}
    rewriting = ledger.rewriting(connection, session, contributor, first)
    encoding = frames.encoding(connection, session)
    found: list[Redaction] = []
    for line in lines:
        before = stored.get(line.seq)
        if before is not None and before != line.raw:
            (raw,) = rewriting.rewritten([line.raw], line.seq, line.seq, encoding)
            redaction = remasked(before, raw, encoding)
            if redaction is not None and redaction.entries:
                found.append(redaction)
    if not found:
        return False
    said = together(found, "").body()
    name = f"lines {first} to {last} came again masked, {hashlib.sha256(said).hexdigest()[:16]}"
    redacting.redact(connection, session, contributor, together(found, name), limits)
    return True
