"""Frames as they arrive: new lines are stored, and stored ones that come again masked are masked as well.

A sender masks by itself what waits with it. Where a frame from before that came late, or its acknowledgement
was lost, what it sends again is the better line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from collector_api.erasing import redacting
from collector_api.limits import Limits
from collector_api.lines import remasking
from collector_api.lines.decoder import seq_of
from collector_api.lines.redactions import Redaction
from collector_api.lines.rewriting import Rewriting
from collector_api.problems import Conflict
from collector_api.rows import appending, frames, together
from collector_api.rows.appending import Appended, Arrival


class Received(NamedTuple):
    """The last seq that is covered, whether anything was taken out of the store, how many lines at the end of
    the frame are new, and when their session began.
    """

    acked: int
    scrub: bool
    events: int
    started_at: str


def receive_all(
    connection: Connection, arrivals: Sequence[Arrival], limits: Limits
) -> list[Received | Exception]:
    """Store the lines of several frames; what forbids one of them is its result, and stops no other."""
    try:
        with connection.begin_nested():
            appended = together.append(connection, arrivals, limits)
    except (IntegrityError, DataError):
        # Which of them it was shows where each goes alone.
        appended = [None] * len(arrivals)
    return [
        _alone(connection, arrival, limits) if done is None else _received(done)
        for arrival, done in zip(arrivals, appended, strict=True)
    ]


def _alone(connection: Connection, arrival: Arrival, limits: Limits) -> Received | Exception:
    try:
        with connection.begin_nested():
            return receive(connection, arrival, limits)
    except (IntegrityError, DataError) as error:
        return error
    except DBAPIError:
        # A full disk may have ended the whole transaction: nobody's write is certain.
        raise
    except Exception as error:
        return error


def receive(connection: Connection, arrival: Arrival, limits: Limits) -> Received:
    """Store the lines of a frame; see `appending.append`."""
    try:
        appended = appending.append(connection, arrival, limits)
    except Conflict:
        if not _mask_again(connection, arrival, limits):
            raise
        # In the same turn: where the frame is refused after all, nothing of it was masked.
        arrival = appending.planned(connection, arrival, limits)
        return _received(appending.append(connection, arrival, limits), masked=True)
    return _received(appended, masked=appended.differs and _mask_again(connection, arrival, limits))


def _received(appended: Appended, masked: bool = False) -> Received:
    return Received(appended.acked, masked or appended.dropped, appended.events, appended.started_at)


def _mask_again(connection: Connection, arrival: Arrival, limits: Limits) -> bool:
    """Mask stored lines where those that came again are masked; returns whether any was."""
    session, contributor, lines, _, plan = arrival
    first, last = lines[0].seq, lines[-1].seq
    stored = {seq_of(line): line for line in frames.between(connection, session, first, last)}
    # A frame without a plan has no line that anything reaches.
    rewriting = Rewriting() if plan is None else plan.taken_back
    encoding = frames.encoding(connection, session)
    found: list[Redaction] = []
    for line in lines:
        before = stored.get(line.seq)
        if before is not None and before != line.raw:
            (raw,) = rewriting.rewritten([line.raw], line.seq, line.seq, encoding)
            redaction = remasking.remasked(before, raw, encoding)
            if redaction is not None and redaction.entries:
                found.append(redaction)
    if not found:
        return False
    said = remasking.together(found, "").body()
    name = f"lines {first} to {last} came again masked, {hashlib.sha256(said).hexdigest()[:16]}"
    redacting.redact(connection, session, contributor, remasking.together(found, name), limits)
    return True
