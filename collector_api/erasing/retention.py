"""How long sessions are kept, where an operator sets a limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import col

from collector_api.database.tables import SessionRow
from collector_api.erasing import erasure
from collector_api.rows.archive import Database


def expire(store: Database, days: float, moment: datetime, erased: Callable[[str], None]) -> int:
    """Erase the sessions whose last lines came so many days before `moment`; returns how many.

    What their recorders say of the time does not count: their clocks may be wrong.
    """
    limit_s = int((moment - timedelta(days=days)).timestamp())
    return erasure.erase_where(store, col(SessionRow.arrived_s) < limit_s, erased)
