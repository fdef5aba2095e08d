"""How a database came to its present tables: an ordered list of steps, each in a transaction of its own."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from time import time
from typing import Any
from unicodedata import normalize

from sqlalchemy import Connection, Engine, insert, inspect, select, update
from sqlmodel import SQLModel, col, func

from collector_api.database import places, tables
from pairlog import facts
from pairlog.errors import UserError
from pairlog.frame import whole_lines
from pairlog.moment import canonical, milliseconds, now

#: As far above the last number as nobody has come who got them from a database that gives them out again.
_LEAP = 2**32


def _first_tables(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)


def _redactions(connection: Connection) -> None:
    # A file that is made now has them from its first step on.
    SQLModel.metadata.create_all(connection)
    columns = {column["name"] for column in inspect(connection).get_columns("session")}
    if "redact_through" not in columns:
        connection.exec_driver_sql("ALTER TABLE session ADD COLUMN redact_through BIGINT DEFAULT -1 NOT NULL")


def _studies_reads_and_facts(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)
    if "languages" in {column["name"] for column in inspect(connection).get_columns("session")}:
        return
    for column in (
        "languages VARCHAR DEFAULT '' NOT NULL",
        "has_tests BOOLEAN DEFAULT false NOT NULL",
        "has_completions BOOLEAN DEFAULT false NOT NULL",
        "study VARCHAR",
        "condition VARCHAR",
    ):
        connection.exec_driver_sql(f"ALTER TABLE session ADD COLUMN {column}")
    connection.exec_driver_sql("ALTER TABLE token ADD COLUMN expires_at VARCHAR")
    for session in connection.exec_driver_sql("SELECT id FROM session").scalars().all():
        packed = select(col(tables.Frame.data)).where(col(tables.Frame.session_id) == session)
        lines = (
            line
            for data in connection.execute(packed.order_by(col(tables.Frame.first_seq))).scalars()
            for line in whole_lines(gzip.decompress(data))[0]
        )
        found = facts.of_lines(lines)
        connection.execute(
            update(tables.SessionRow).where(col(tables.SessionRow.id) == session).values(found.columns())
        )


def _lake_and_keyframes(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)
    if "lake_file_id" in {column["name"] for column in inspect(connection).get_columns("session")}:
        return
    for column in (
        "packed_through BIGINT DEFAULT -1 NOT NULL",
        "lake_file_id INTEGER REFERENCES lake_file (id)",
    ):
        connection.exec_driver_sql(f"ALTER TABLE session ADD COLUMN {column}")
    connection.exec_driver_sql("ALTER TABLE contributor ADD COLUMN erased_at VARCHAR")
    connection.exec_driver_sql("CREATE INDEX ix_session_lake_file_id ON session (lake_file_id)")


def _count_the_ledger(connection: Connection) -> None:
    """What was taken back takes room as well."""
    kept = select(func.coalesce(func.sum(func.length(col(tables.RedactionRow.body))), 0)).where(
        col(tables.RedactionRow.contributor_id) == col(tables.Contributor.id)
    )
    connection.execute(
        update(tables.Contributor).values(bytes=col(tables.Contributor.bytes) + kept.scalar_subquery())
    )


def _counters_minutes_ages_and_indexes(connection: Connection) -> None:
    erased: list[Any] = []
    # A file that is made now has all of it from its first step on.
    is_old = "first" not in {column["name"] for column in inspect(connection).get_columns("tombstone")}
    if is_old:
        # What one session may have once cannot be altered in SQLite. Nothing refers to these rows.
        erased = list(connection.exec_driver_sql("SELECT id, session_id, contributor_id, at FROM tombstone"))
        connection.exec_driver_sql("DROP TABLE tombstone")
    SQLModel.metadata.create_all(connection)
    if is_old:
        connection.exec_driver_sql("ALTER TABLE blob ADD COLUMN created_at VARCHAR DEFAULT '' NOT NULL")
        connection.execute(update(tables.Blob).values(created_at=now()))
    if erased:
        connection.execute(insert(tables.Tombstone), [dict(row._mapping) for row in erased])
    changed = connection.execute(select(func.max(col(tables.SessionRow.changed)))).scalar() or 0
    last = connection.execute(select(func.max(col(tables.Tombstone.id)))).scalar() or 0
    values = [{"name": "changed", "value": changed}, {"name": "tombstone", "value": last}]
    connection.execute(insert(tables.CounterRow), values)
    for number, lake in list(connection.exec_driver_sql("SELECT id, lake FROM lake_file")):
        beside = places.kept(connection, lake)
        this = col(tables.LakeFile.id) == number
        connection.execute(update(tables.LakeFile).where(this).values(lake=beside))
    _count_the_ledger(connection)
    for index in ("named", "ix_named_content"), ("session", "ix_session_began"):
        _add_index(connection, *index)
    for session, started_at in list(connection.exec_driver_sql("SELECT id, started_at FROM session")):
        this = col(tables.SessionRow.id) == session
        connection.execute(update(tables.SessionRow).where(this).values(started_at=canonical(started_at)))


def _add_index(connection: Connection, table: str, name: str) -> None:
    (index,) = (it for it in SQLModel.metadata.tables[table].indexes if it.name == name)
    # A file that is made now has it from its first step on.
    index.create(connection, checkfirst=True)


def _numbers_arrivals_and_names(connection: Connection) -> None:
    # A file that is made now has all of it from its first step on.
    is_old = "arrived_s" not in {column["name"] for column in inspect(connection).get_columns("session")}
    for name, table in ("lake_file", "lake_file"), ("read", "session_read"):
        last = connection.exec_driver_sql(f"SELECT max(id) FROM {table}").scalar() or 0
        # Whoever follows readings may be behind one that is gone: nobody knows its number.
        value = last + _LEAP if is_old else last
        connection.execute(insert(tables.CounterRow).values(name=name, value=value))
    if not is_old:
        return
    if connection.dialect.name == "postgresql":
        for column in "lake_file.id", "session.lake_file_id", "session_read.id":
            table, _, name = column.partition(".")
            change = f"ALTER COLUMN {name} TYPE BIGINT, ALTER COLUMN {name} DROP DEFAULT"
            connection.exec_driver_sql(f"ALTER TABLE {table} {change}")
    connection.exec_driver_sql("ALTER TABLE session ADD COLUMN arrived_s BIGINT DEFAULT 0 NOT NULL")
    _say_when_they_came(connection)
    _compose_names(connection)


def _say_when_they_came(connection: Connection) -> None:
    """What has ended came as it did, as far as anybody knows; what may still grow, now."""
    moment_s = int(time())
    sessions = "SELECT id, ended_at FROM session"
    for session, ended_at in connection.exec_driver_sql(sessions).all():
        came_s = milliseconds(ended_at) // 1000 if ended_at else moment_s
        this = col(tables.SessionRow.id) == session
        change = update(tables.SessionRow).where(this)
        connection.execute(change.values(arrived_s=min(came_s, moment_s)))


def _compose_names(connection: Connection) -> None:
    """One name that looks as another one does gets its number behind it."""
    names = dict(connection.execute(select(col(tables.Contributor.id), col(tables.Contributor.name))).all())
    for number, name in names.items():
        composed = normalize("NFC", name)
        while composed != name and composed in names.values():
            composed += f" {number}"
        names[number] = composed
        if composed != name:
            this = col(tables.Contributor.id) == number
            connection.execute(update(tables.Contributor).where(this).values(name=composed))


#: Step n brings a database from version n to n + 1. A released step is never changed.
STEPS: tuple[Callable[[Connection], None], ...] = (
    _first_tables,
    _redactions,
    _studies_reads_and_facts,
    _lake_and_keyframes,
    _counters_minutes_ages_and_indexes,
    _numbers_arrivals_and_names,
)


def version(connection: Connection) -> int:
    """How many steps this database has seen; 0 for an empty one."""
    if not inspect(connection).has_table("schema_version"):
        return 0
    return connection.execute(select(func.max(tables.SchemaVersion.version))).scalar() or 0


def migrate(engine: Engine) -> None:
    """Bring a database to the present version. Raises UserError where a newer Pairlog wrote it."""
    for step in range(len(STEPS)):
        with engine.begin() as connection:
            if version(connection) <= step:
                STEPS[step](connection)
                connection.execute(insert(tables.SchemaVersion).values(version=step + 1, applied_at=now()))
    with engine.connect() as connection:
        check(connection)


def check(connection: Connection) -> None:
    """Raises UserError where this Pairlog cannot read the database as it is."""
    found = version(connection)
    if found > len(STEPS):
        raise UserError(f"this store was written by a newer Pairlog (schema {found}); upgrade pairlog")
    if found == 0:
        raise UserError("this database has no store of Pairlog yet; run `pairlog serve` on it once")
    if found < len(STEPS):
        raise UserError(f"this store is of an older Pairlog (schema {found}); run `pairlog serve` once")
