"""Numbers that are given out once: a cursor of a reader holds, whatever is erased or restored."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import col

from collector_api.database.tables import CounterRow, table_of

#: The order in which sessions change, and those of tombstones, of files of lakes, and of readings.
Counter = Literal["changed", "tombstone", "lake_file", "read"]
NAMES: tuple[Counter, ...] = get_args(Counter)
#: Not among them: it says nothing, whatever it is.
_PROBE = "probe"

#: Made once, because every frame asks it.
_TAKE = (
    update(table_of(CounterRow))
    .where(col(CounterRow.name) == bindparam("counter"))
    .values(value=col(CounterRow.value) + bindparam("count"))
    .returning(col(CounterRow.value))
)


def take(connection: Connection, counter: Counter, count: int = 1) -> int:
    """The first of so many next numbers of a counter."""
    last: int = connection.execute(_TAKE, {"counter": counter, "count": count}).scalar_one()
    return last - count + 1


def last(connection: Connection, counter: Counter) -> int:
    """The last number that was given out."""
    found: int = connection.execute(
        select(col(CounterRow.value)).where(col(CounterRow.name) == counter)
    ).scalar_one()
    return found


def raise_to(connection: Connection, counter: Counter, value: int | None, leap: int) -> None:
    """Let a counter go on above a value; None: so far ahead that it is above any that may have been."""
    here = last(connection, counter)
    above = here + leap if value is None else max(here, value)
    connection.execute(update(CounterRow).where(col(CounterRow.name) == counter).values(value=above))


def probe(connection: Connection) -> None:
    """Write a number that nobody reads: one that stays as it is would not be written at all."""
    this = col(CounterRow.name) == _PROBE
    if not connection.execute(update(CounterRow).where(this).values(value=CounterRow.value + 1)).rowcount:
        connection.execute(insert(CounterRow).values(name=_PROBE, value=0))
