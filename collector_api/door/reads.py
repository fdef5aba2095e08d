"""Who read which session: noted before anything of it is given out, and shown to its contributor.

A contributor's own reading is not noted. One line for a reader, a session and a day is enough to know.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import BigInteger, Connection, insert, literal, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from collector_api.database.tables import Contributor, ReadRow, SessionRow
from collector_api.rows import counters
from collector_api.rows.tokens import OPERATOR, Principal
from collector_api.store import Store
from pairlog.moment import now

_KNOWN_MAX = 50_000
#: Readers of a session that its page names.
_SHOWN_MAX = 20


class Reads:
    """Notes who reads, in a store."""

    def __init__(self, store: Store, clock: Callable[[], str] = now) -> None:
        self._store = store
        self._clock = clock
        self._known: set[tuple[str, int, str]] = set()

    def note(self, row: SessionRow, reader: Principal) -> None:
        """Note that somebody reads a session; it is durable when this returns.

        Raises NoStorage or TooFast: what cannot be noted is not given out.
        """
        if row.contributor_id == reader.contributor:
            return
        at = self._clock()
        key = (row.id, reader.contributor, at[:10])
        if key in self._known:
            return
        # Another worker may note it in the same moment.
        with suppress(IntegrityError):
            self._store.write(lambda connection: _insert(connection, row, reader, at)).result()
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known.add(key)


def of_contributor(
    connection: Connection, contributor: int, after: int, rows_max: int
) -> list[dict[str, object]]:
    """The readings of a contributor's sessions behind the one with id `after`, in their order."""
    behind = col(ReadRow.id) > literal(after, BigInteger())
    question = _readings().where(col(ReadRow.contributor_id) == contributor, behind)
    return _rows(connection, question.order_by(col(ReadRow.id)).limit(rows_max))


def everything(connection: Connection, after: int, rows_max: int) -> list[dict[str, object]]:
    """All readings behind the one with id `after`, in their order."""
    question = _readings().where(col(ReadRow.id) > literal(after, BigInteger()))
    return _rows(connection, question.order_by(col(ReadRow.id)).limit(rows_max))


def of_session(connection: Connection, session: str) -> list[dict[str, object]]:
    """The last readings of a session, the youngest first."""
    question = _readings().where(col(ReadRow.session_id) == session)
    return _rows(connection, question.order_by(col(ReadRow.id).desc()).limit(_SHOWN_MAX))


def _insert(connection: Connection, row: SessionRow, reader: Principal, at: str) -> None:
    this = {"session_id": row.id, "reader_id": reader.contributor, "day": at[:10]}
    question = select(col(ReadRow.id)).filter_by(**this)
    if connection.execute(question).first() is None:
        number = counters.take(connection, "read")
        owner = {"contributor_id": row.contributor_id, "role": reader.role, "at": at}
        connection.execute(insert(ReadRow).values(id=number, **this, **owner))


def _readings() -> Any:
    return select(ReadRow, col(Contributor.name).label("reader")).outerjoin(
        Contributor, col(Contributor.id) == col(ReadRow.reader_id)
    )


def _rows(connection: Connection, question: Any) -> list[dict[str, object]]:
    return [
        {
            "id": row.id,
            "session": row.session_id,
            "reader": row.reader or OPERATOR.name,
            "role": row.role,
            "at": row.at,
        }
        for row in connection.execute(question)
    ]
