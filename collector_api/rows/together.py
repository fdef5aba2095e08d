"""Frames that are stored together, with one statement of each kind for all: what most frames are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from collector_api.limits import Limits
from collector_api.rows import blobs, frames, sessions
from collector_api.rows.appending import BEGIN, CONTINUE, KEEP, Appended, Arrival, columns_of
from pairlog.events import Session
from pairlog.moment import canonical


def append(connection: Connection, arrivals: Sequence[Arrival], limits: Limits) -> list[Appended | None]:
    """Store those frames that begin a session, or go on where theirs is, and ask for nothing else.

    None for each other one, and for each that is refused: it is to be appended alone.
    """
    rows = sessions.standing(connection, [arrival.session for arrival in arrivals])
    group = _Group(limits)
    done = [group.take(connection, rows.get(arrival.session), arrival) for arrival in arrivals]
    group.store(connection)
    return done


class _Beginning(NamedTuple):
    header: Session
    studied: tuple[str | None, str | None]
    arrival: Arrival


class _Group:
    """Frames of as many sessions, until they are stored."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: set[str] = set()
        self._beginning: list[_Beginning] = []
        self._going_on: list[tuple[Row[Any], Arrival]] = []
        self._bytes: Counter[int] = Counter()
        self._begun: Counter[int] = Counter()

    def take(self, connection: Connection, row: Row[Any] | None, arrival: Arrival) -> Appended | None:
        """What becomes of a frame whose session has this row; None where it has no place in the group."""
        # Of two frames of one session the second asks for what the first leaves.
        is_first = arrival.session not in self._seen
        self._seen.add(arrival.session)
        if not is_first or not _is_simple(arrival):
            return None
        started_at = self._begin(connection, arrival) if row is None else self._go_on(row, arrival)
        if started_at is None:
            return None
        self._bytes[arrival.contributor] += len(arrival.body)
        return Appended(arrival.lines[-1].next - 1, events=len(arrival.lines), started_at=started_at)

    def store(self, connection: Connection) -> None:
        """Store them."""
        stored = [it.arrival for it in self._beginning] + [arrival for _, arrival in self._going_on]
        if not stored:
            return
        change = sessions.next_change(connection, len(stored))
        begun: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for header, studied, (_, contributor, lines, body, _) in self._beginning:
            columns = sessions.begun(contributor, header, lines, len(body), studied, change + len(begun))
            begun.append({**columns, "redact_through": -1})
        change += len(begun)
        for row, (session, _, lines, body, _) in self._going_on:
            columns = sessions.continued(row, lines, len(body), change + len(changed))
            changed.append({**columns, "this": session})
        for statement, values in ((BEGIN, begun), (CONTINUE, changed)):
            if values:
                connection.execute(statement, values)
        connection.execute(KEEP, [columns_of(it.session, it.lines, it.body) for it in stored])
        for contributor, size in self._bytes.items():
            blobs.count(connection, contributor, size)

    def _begin(self, connection: Connection, arrival: Arrival) -> str | None:
        header = arrival.lines[0].event
        if not isinstance(header, Session) or header.study is not None:
            return None
        found = sessions.beginning(connection, arrival.session, arrival.contributor)
        if (
            found.gone
            or found.reached is not None
            or not self._has_room(found, arrival)
            or found.sessions + self._begun[arrival.contributor] >= self._limits.sessions_max
        ):
            return None
        self._begun[arrival.contributor] += 1
        self._beginning.append(_Beginning(header, (found.study, found.condition), arrival))
        return canonical(header.started_at)

    def _go_on(self, row: Row[Any], arrival: Arrival) -> str | None:
        first = arrival.lines[0].seq
        if not (
            row.contributor_id == arrival.contributor
            and self._has_room(row, arrival)
            and row.lake_file_id is None
            and not row.complete
            and row.redact_through < first == row.acked + 1
        ):
            return None
        self._going_on.append((row, arrival))
        return str(row.started_at)

    def _has_room(self, contributor: Row[Any], arrival: Arrival) -> bool:
        used = contributor.used + self._bytes[arrival.contributor] + len(arrival.body)
        return contributor.erased_at is None and used <= self._limits.contributor_bytes_max


def _is_simple(arrival: Arrival) -> bool:
    """Whether a frame is stored as it came, and names no content."""
    return frames.is_plain(arrival.body) and not blobs.names_any(arrival.lines)
