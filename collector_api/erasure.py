"""Erasing for good: the rows go, a tombstone stays."""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, delete, insert, literal, select
from sqlmodel import col

from collector_api import blobs
from collector_api.tables import (
    Frame,
    Named,
    RedactionRow,
    SessionRow,
    Tombstone,
    VerdictRow,
)
from pairlog.moment import now


def erase(connection: Connection, row: SessionRow) -> None:
    """Delete a session, and the blobs that no other session of its contributor names."""
    session = row.id
    digests = blobs.named(connection, session)
    for table in (Frame, Named, VerdictRow, RedactionRow):
        connection.execute(delete(table).where(col(table.session_id) == session))
    connection.execute(delete(SessionRow).where(col(SessionRow.id) == session))
    freed = row.bytes + blobs.drop_unnamed(connection, row.contributor_id, digests)
    blobs.count(connection, row.contributor_id, -freed)
    connection.execute(
        insert(Tombstone).values(session_id=session, contributor_id=row.contributor_id, at=now())
    )


def tombstones(
    connection: Connection, after: int, rows_max: int, contributor: int | None = None
) -> list[dict[str, object]]:
    """The tombstones behind the one with id `after`, in their order; of one contributor, or of all."""
    question = select(col(Tombstone.id), col(Tombstone.session_id), col(Tombstone.at)).where(
        col(Tombstone.id) > literal(after, BigInteger())
    )
    if contributor is not None:
        question = question.where(col(Tombstone.contributor_id) == contributor)
    found = connection.execute(question.order_by(col(Tombstone.id)).limit(rows_max))
    return [{"id": number, "session": session, "at": at} for number, session, at in found]
