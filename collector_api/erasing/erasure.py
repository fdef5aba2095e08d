"""Erasing for good: the rows go, a tombstone stays for each session, and for lines that were forgotten."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import BigInteger, ColumnElement, Connection, delete, insert, literal, select, update
from sqlmodel import col

from collector_api.database.tables import (
    Blob,
    Contributor,
    CookieRow,
    Frame,
    Keyframe,
    Member,
    Named,
    ReadRow,
    RedactionRow,
    SessionRow,
    Token,
    Tombstone,
    VerdictRow,
)
from collector_api.rows import archive, blobs, counters, ledger
from collector_api.rows.archive import Database
from pairlog.moment import now

#: How many sessions are erased in one commit: whoever writes waits for it.
_AT_ONCE = 16


def erase(connection: Connection, row: SessionRow) -> None:
    """Delete a session, and set a tombstone for it."""
    remove(connection, row)
    bury(connection, row.id, row.contributor_id)


def remove(connection: Connection, row: SessionRow) -> None:
    """Delete a session, and the blobs that no other session of its contributor names.

    A file of a lake that holds its lines is to be written anew by `lake_files.sweep`.
    """
    session = row.id
    digests = blobs.named(connection, session)
    noted = ledger.size(connection, session, row.contributor_id)
    for table in (Frame, Keyframe, Named, VerdictRow, RedactionRow):
        connection.execute(delete(table).where(col(table.session_id) == session))
    archive.leave_behind(connection, row)
    connection.execute(delete(SessionRow).where(col(SessionRow.id) == session))
    freed = row.bytes + noted + blobs.drop_unnamed(connection, row.contributor_id, digests)
    blobs.count(connection, row.contributor_id, -freed)


def bury(
    connection: Connection, session: str, contributor: int, lines: tuple[int, int] | None = None
) -> None:
    """Set a tombstone for a session, or for lines of it: the first and the last seq."""
    first, through = lines or (None, None)
    stone = Tombstone(
        id=counters.take(connection, "tombstone"),
        session_id=session,
        contributor_id=contributor,
        at=now(),
        first=first,
        through=through,
    )
    connection.execute(insert(Tombstone).values(stone.model_dump()))


def erase_contributor(store: Database, contributor: int, erased: Callable[[str], None]) -> int:
    """Erase all that is kept of a contributor, their name and tokens included; returns how many sessions.

    What they still send is refused. `erased` is told of each session. A process that dies in between has
    erased some sessions and no token: to ask again goes on.
    """
    mine = col(SessionRow.contributor_id) == contributor
    count = erase_where(store, mine, erased)

    def job(connection: Connection) -> list[str]:
        last = _erase_some(connection, mine, None)
        tokens = select(col(Token.sha256)).where(col(Token.contributor_id) == contributor)
        connection.execute(delete(CookieRow).where(col(CookieRow.token).in_(tokens)))
        for table in (RedactionRow, ReadRow, Member, Token, Blob):
            connection.execute(delete(table).where(col(table.contributor_id) == contributor))
        # Tombstones, and lines that are on their way, refer to the row.
        nobody = {"name": f"erased {contributor} {secrets.token_hex(4)}", "bytes": 0, "erased_at": now()}
        connection.execute(update(Contributor).where(col(Contributor.id) == contributor).values(nobody))
        return last

    last = store.written(job)
    for session in last:
        erased(session)
    return count + len(last)


def erase_where(store: Database, which: ColumnElement[bool], erased: Callable[[str], None]) -> int:
    """Erase the sessions of which this is true; returns how many. `erased` is told of each."""
    count = 0
    while some := store.written(lambda connection: _erase_some(connection, which, _AT_ONCE)):
        for session in some:
            erased(session)
        count += len(some)
    return count


def tombstones(
    connection: Connection, after: int, rows_max: int, contributor: int | None = None
) -> list[dict[str, object]]:
    """The tombstones behind the one with id `after`, in their order; of one contributor, or of all."""
    question = select(Tombstone).where(col(Tombstone.id) > literal(after, BigInteger()))
    if contributor is not None:
        question = question.where(col(Tombstone.contributor_id) == contributor)
    found = connection.execute(question.order_by(col(Tombstone.id)).limit(rows_max))
    return [
        {"id": row.id, "session": row.session_id, "at": row.at, "from": row.first, "through": row.through}
        for row in found
    ]


def _erase_some(connection: Connection, which: ColumnElement[bool], rows_max: int | None) -> list[str]:
    found = connection.execute(select(SessionRow).where(which).order_by(col(SessionRow.id)).limit(rows_max))
    rows = [SessionRow(**row._mapping) for row in found]
    for row in rows:
        erase(connection, row)
    return [row.id for row in rows]
