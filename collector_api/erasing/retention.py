"""How long sessions are kept, where an operator sets a limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import col, func

from collector_api.database.tables import SessionRow
from collector_api.erasing import erasure
from collector_api.rows.archive import Database
from pairlog.moment import write


def expire(store: Database, days: float, moment: datetime, erased: Callable[[str], None]) -> int:
    """Erase the sessions that ended, or else began, so many days before `moment`; returns how many."""
    limit = write(moment - timedelta(days=days))
    last = func.coalesce(col(SessionRow.ended_at), col(SessionRow.started_at))
    return erasure.erase_where(store, last < limit, erased)
