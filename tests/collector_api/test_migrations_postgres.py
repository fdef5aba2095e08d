"""A PostgreSQL store with the tables of an older Pairlog becomes one of this version."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from collector_api.database.database import database_at
from collector_api.database.postgres import _WRITER, LOCK_S_MAX
from tests.collector_api.test_migrations import OLD
from tests.support.postgres import Server
from tests.support.processes import wait_for


def _as_postgres(sql: str) -> str:
    """The statements of an old SQLite store as PostgreSQL would have had them."""
    sql = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'", sql)
    sql = re.sub(r"\bBLOB\b", "BYTEA", sql).replace("\tid INTEGER NOT NULL", "\tid SERIAL NOT NULL")
    tables = re.findall(r"CREATE TABLE .*?\n\);", sql, re.DOTALL)
    rest = re.sub(r"CREATE TABLE .*?\n\);", "", sql, flags=re.DOTALL)
    # A table stands behind those that it refers to; what is inserted is checked at the end.
    tables.sort(key=lambda table: _ORDER.index(table.split()[2].strip('"')))
    rest = re.sub(r"(?<=,)([01])(?=,'private')", lambda found: "true" if found[1] == "1" else "false", rest)
    rest = rest.replace(",',python,',0,0,", ",',python,',false,false,")
    rest = re.sub(r"(VALUES\('[^']*',\d+,\d+,\d+),([01]),", r"\1,(\2=1),", rest)
    return "SET session_replication_role = replica;" + "".join(tables) + rest


_ORDER = [
    "schema_version",
    "counter",
    "contributor",
    "token",
    "cookie",
    "study",
    "member",
    "lake_file",
    "session",
    "session_read",
    "keyframe",
    "frame",
    "blob",
    "named",
    "verdict",
    "redaction",
    "tombstone",
]


def _columns(address: str) -> set[tuple[str, ...]]:
    question = (
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'public'"
    )
    with psycopg.connect(address) as connection:
        return set(connection.execute(question).fetchall())


@pytest.mark.parametrize("old", OLD, ids=lambda file: file.stem)
def test_an_old_store_gets_the_tables_of_a_new_one_and_keeps_its_lines(old: Path, postgres: Server) -> None:
    address, new = postgres.empty(), postgres.store()
    with psycopg.connect(address) as connection:
        connection.execute(_as_postgres(old.read_text()))
        before = connection.execute("SELECT session_id, first_seq, data FROM frame").fetchall()
    database_at(address).open_writing().dispose()
    assert _columns(address) == _columns(new)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT session_id, first_seq, data FROM frame").fetchall() == before


def test_who_comes_while_another_brings_a_store_forward_waits_for_it(postgres: Server) -> None:
    address = postgres.store()
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' "
        f"AND now() - query_start > interval '{LOCK_S_MAX} seconds 200 milliseconds'"
    )
    with ThreadPoolExecutor() as pool, psycopg.connect(address, autocommit=True) as watching:
        with psycopg.connect(address) as migrating:
            migrating.execute(f"SELECT pg_advisory_xact_lock({_WRITER})")
            coming = pool.submit(lambda: database_at(address).open_writing().dispose())
            wait_for("who waits longer than for a writer", lambda: watching.execute(waiting).fetchone())
        coming.result()
