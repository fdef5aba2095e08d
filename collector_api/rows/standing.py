"""Where a session stands: what decides whether something that was worked out of it still holds."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from collector_api.database.tables import SessionRow
from collector_api.rows import ledger


class Standing(NamedTuple):
    """Where a session stands: while this is the same, so are its lines, its names and its ledger.

    Of one that is not here, `revision` is the last entry of its ledger.
    """

    acked: int = -1
    revision: int = 0
    redact_through: int = -1
    complete: bool = False


def standing_of(connection: Connection, session: str, contributor: int, row: SessionRow | None) -> Standing:
    """Where a session with this row stands; None for one that is not here."""
    if row is not None:
        return Standing(row.acked, row.revision, row.redact_through, row.complete)
    last, through = ledger.ends(connection, session, contributor)
    return Standing(revision=last, redact_through=through)
