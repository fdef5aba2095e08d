"""The ledger of what was taken back of each session: kept for lines that are still to come, for those that
come again, and for those who watch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, select
from sqlmodel import col, func

from collector_api.database.tables import RedactionRow, SessionRow
from collector_api.limits import Limits
from collector_api.lines.redactions import SEQ_MAX, Range, Redaction, Window, read_redaction, read_window
from collector_api.lines.rewriting import Rewriting
from collector_api.problems import NoRoom, OverLimit
from pairlog.intervals import Intervals

_ANY = Limits(redaction_spans_max=2**62)


class Entry(NamedTuple):
    """A request as it was taken; `first` is the first line that it reaches, `number` its place in order."""

    number: int
    kind: str
    body: bytes
    first: int


def revision_of(connection: Connection, session: str, contributor: int, request: str) -> int | None:
    """The revision that a request led to; None for one that is not known yet."""
    question = select(col(RedactionRow.revision)).where(
        *_of(session, contributor), col(RedactionRow.request) == request
    )
    return connection.execute(question).scalar()


def ends(connection: Connection, session: str, contributor: int) -> tuple[int, int]:
    """The last entry in the ledger of a session, and the last seq that any may reach; 0 and -1 for none."""
    question = select(func.max(col(RedactionRow.id)), func.max(col(RedactionRow.through)))
    last, through = connection.execute(question.where(*_of(session, contributor))).one()
    return (0, -1) if last is None else (last, through)


def rewriting(connection: Connection, session: str, contributor: int, first: int = 0) -> Rewriting:
    """What the lines from seq `first` on become."""
    return _rewriting(connection, *_of(session, contributor), col(RedactionRow.through) >= first)


def forgetting(connection: Connection, session: str, contributor: int) -> Rewriting:
    """What was forgotten of a session, without what was masked."""
    return _rewriting(connection, *_of(session, contributor), col(RedactionRow.kind) == "forget")


def _rewriting(connection: Connection, *which: ColumnElement[bool]) -> Rewriting:
    question = (
        select(col(RedactionRow.kind), col(RedactionRow.body), col(RedactionRow.made))
        .where(*which)
        .order_by(col(RedactionRow.id))
    )
    redactions: list[Redaction] = []
    windows: list[Window] = []
    made: list[Range] = []
    for kind, body, ranges in connection.execute(question):
        if kind == "redaction":
            redactions.append(read_redaction(body, _ANY))
        else:
            windows.append(read_window(body))
            made.extend(_ranges(ranges))
    return Rewriting(redactions, windows, Intervals((first, last + 1) for first, last in made))


def since(connection: Connection, session: str, contributor: int, number: int) -> list[Entry]:
    """What was taken back behind the entry `number`, in order."""
    question = (
        select(RedactionRow)
        .where(*_of(session, contributor), col(RedactionRow.id) > number)
        .order_by(col(RedactionRow.id))
    )
    return [
        Entry(row.id, row.kind, row.body, _first(row.kind, row.body, row.made))
        for row in connection.execute(question)
    ]


def check_room(
    connection: Connection,
    session: str,
    contributor: int,
    row: SessionRow | None,
    taken: Redaction | Window,
    limits: Limits,
) -> None:
    """Raises OverLimit where the ledger of a session is full, NoRoom where one of an unknown session is."""
    sums = (func.sum(col(RedactionRow.entries)), func.sum(func.length(col(RedactionRow.body))))
    have, size = connection.execute(select(*sums).where(*_of(session, contributor))).one()
    entries = _entries(taken)
    most = limits.session_spans_max
    if (have or 0) + entries > most:
        what = f"{have or 0} spans, saves, blobs and windows of this session are kept already"
        raise OverLimit("session_spans_max", most, what)
    most = limits.session_redactions_bytes_max
    if (size or 0) + len(taken.body()) > most:
        what = f"{size or 0} bytes of redactions and windows of this session are kept already"
        raise OverLimit("session_redactions_bytes_max", most, what)
    if row is None and have is None:
        _check_sessions(connection, contributor, limits)


def size(connection: Connection, session: str, contributor: int) -> int:
    """How many bytes of requests the ledger of a session keeps; whoever has one kept counts them."""
    kept = select(func.sum(func.length(col(RedactionRow.body)))).where(*_of(session, contributor))
    return connection.execute(kept).scalar() or 0


def keep(
    connection: Connection,
    session: str,
    contributor: int,
    request: str,
    taken: Redaction | Window,
    revision: int,
    made: Sequence[Range] = (),
) -> None:
    """Write a request down."""
    window = isinstance(taken, Window)
    connection.execute(
        insert(RedactionRow).values(
            session_id=session,
            contributor_id=contributor,
            request=request,
            kind="forget" if window else "redaction",
            revision=revision,
            # Lines behind a window lose what it brought.
            through=SEQ_MAX if window else taken.through,
            entries=_entries(taken),
            body=taken.body(),
            made=msgspec.json.encode(made),
        )
    )


def _entries(taken: Redaction | Window) -> int:
    return 1 if isinstance(taken, Window) else taken.entries


def _of(session: str, contributor: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        col(RedactionRow.session_id) == session,
        col(RedactionRow.contributor_id) == contributor,
    )


def _check_sessions(connection: Connection, contributor: int, limits: Limits) -> None:
    sessions = select(func.count()).where(col(SessionRow.contributor_id) == contributor)
    known = select(col(SessionRow.id)).where(col(SessionRow.contributor_id) == contributor)
    unknown = select(func.count(func.distinct(col(RedactionRow.session_id)))).where(
        col(RedactionRow.contributor_id) == contributor, col(RedactionRow.session_id).not_in(known)
    )
    have = connection.execute(sessions).scalar_one() + connection.execute(unknown).scalar_one()
    if have >= limits.sessions_max:
        raise NoRoom("sessions_max", limits.sessions_max, f"you have {have} sessions, begun or announced")


def _ranges(packed: bytes) -> list[Range]:
    return msgspec.json.decode(packed, type=list[Range])


def _first(kind: str, body: bytes, made: bytes) -> int:
    if kind == "forget":
        return min([read_window(body).first, *(first for first, _ in _ranges(made))])
    redaction = read_redaction(body, _ANY)
    return 0 if redaction.blobs else min(redaction.seqs, default=0)
