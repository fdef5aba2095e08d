"""A store of an older Pairlog becomes one of this version, with everything in it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

import pytest

from collector_api.database.migrations import STEPS
from collector_api.database.sqlite import SqliteDatabase
from collector_api.server.app import create_app
from collector_api.store import Store
from pairlog.errors import UserError
from pairlog.options import database_uri
from tests.collector_api.driver import SESSION, SMALL, Collector, problem

STORES = Path(__file__).parent.parent / "golden" / "store"
OLD = sorted(STORES.glob("v*.sql"))


@pytest.fixture(params=OLD, ids=lambda file: file.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file as an older Pairlog left it: one whole session that verifies, a blob, a tombstone."""
    file = tmp_path / "pairlog.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(request.param.read_text())
    return file


def _schema(file: Path) -> dict[str, Any]:
    """The columns of each table and index, and what refers to what."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
        return {
            name: [
                connection.execute(f"PRAGMA table_info({name})").fetchall(),
                connection.execute(f"PRAGMA index_info({name})").fetchall(),
                # The first column numbers them, in whatever order they came.
                {row[1:] for row in connection.execute(f"PRAGMA foreign_key_list({name})")},
            ]
            for (name,) in names
        }


def test_there_is_an_old_store_for_each_version_before_this_one() -> None:
    # No Pairlog was released whose stores were of version 3.
    released = [version for version in range(1, len(STEPS)) if version != 3]
    assert [file.stem for file in OLD] == [f"v{version}" for version in released]


def test_an_old_store_gets_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    SqliteDatabase(old).open_writing().dispose()
    new = tmp_path / "new.db"
    SqliteDatabase(new).open_writing().dispose()
    assert _schema(old) == _schema(new)


def test_what_an_old_store_holds_is_served(old: Path) -> None:
    store = Store(SqliteDatabase(old))
    with asyncio.Runner() as loop:
        collector = Collector(database_uri(old.parent), store, create_app(store, SMALL), loop)
        reader = collector.token("root", "admin")
        row = collector.row(reader)
        assert (row["events"], row["verified"], row["revision"], row["acked"]) == (10, True, 0, 9)
        assert len(collector.lines(reader)) == 10
        mine = collector.token("mine")
        assert collector.redact(mine, spans=[[2, "/changes/0/4", 0, 1]]).json() == {"revision": 1}
        assert b'"*"' in collector.lines(mine)[2]
        gone = SESSION.replace("aa", "bb")
        assert problem(collector.redact(mine, gone)) == (410, "erased")
    store.close()


@pytest.mark.parametrize(
    ("ended_at", "came_at"),
    [("2026-11-01T09:00:01.001Z", "2026-11-01T09:00:01Z"), ("2090-01-01T00:00:00.000Z", None), (None, None)],
)
def test_a_session_of_an_old_store_came_as_it_ended_and_one_that_grows_or_is_of_the_future_now(
    old: Path, ended_at: str | None, came_at: str | None
) -> None:
    begun_s = int(time())
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE session SET ended_at = ?", (ended_at,))
    SqliteDatabase(old).open_writing().dispose()
    with closing(sqlite3.connect(old)) as connection:
        (arrived_s,) = connection.execute("SELECT arrived_s FROM session").fetchone()
    if came_at is not None:
        assert arrived_s == datetime.fromisoformat(came_at).timestamp()
    else:
        assert begun_s <= arrived_s <= time()


def test_names_of_an_old_store_that_look_alike_are_told_apart(old: Path) -> None:
    names = {2: "Zoe\u0301", 3: "Zo\u00e9", 4: "Ame\u0301lie"}
    with closing(sqlite3.connect(old)) as connection, connection:
        row = "INSERT INTO contributor (id, name, created_at, bytes) VALUES (?, ?, '', 0)"
        connection.executemany(row, names.items())
    SqliteDatabase(old).open_writing().dispose()
    with closing(sqlite3.connect(old)) as connection:
        found = dict(connection.execute("SELECT id, name FROM contributor WHERE id > 1"))
    assert found == {2: "Zo\u00e9 2", 3: "Zo\u00e9", 4: "Am\u00e9lie"}


def test_no_number_of_a_reading_in_an_old_store_is_given_out_again(old: Path) -> None:
    SqliteDatabase(old).open_writing().dispose()
    with closing(sqlite3.connect(old)) as connection:
        found = dict(connection.execute("SELECT name, value FROM counter"))
    assert found == {"changed": 1, "tombstone": 1, "lake_file": 2**32, "read": 2**32}


def test_a_store_that_was_not_migrated_is_not_read(old: Path) -> None:
    with pytest.raises(UserError, match="older Pairlog"):
        SqliteDatabase(old).open_reading()
