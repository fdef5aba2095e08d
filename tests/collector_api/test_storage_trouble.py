"""A disk that is full, a file that somebody holds: refused with a time to try again, and nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection

from collector_api.database import sqlite
from collector_api.database.bell import Bell, LocalNews
from collector_api.database.sqlite import SqliteDatabase
from collector_api.database.writer import Writer
from collector_api.problems import Conflict, NoStorage
from collector_api.rows import tokens
from collector_api.server.app import create_app
from collector_api.store import Store
from pairlog.errors import UserError
from pairlog.options import database_uri
from tests.collector_api.driver import Collector, problem, session_lines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pairlog.db"


@pytest.fixture
def impatient(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that does not wait for the lock of another writer."""
    monkeypatch.setattr(sqlite, "_WRITING", ("busy_timeout=0", *sqlite._WRITING[1:]))
    store = Store(SqliteDatabase(file))
    with asyncio.Runner() as loop:
        app = create_app(store)
        yield Collector(database_uri(file.parent), store, app, loop)
    store.close()


def test_a_locked_store_answers_503_and_takes_the_frame_later(impatient: Collector, file: Path) -> None:
    mine = impatient.token("mine")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = impatient.send(mine, session_lines())
    assert problem(answer) == (503, "storage")
    assert int(answer.headers["retry-after"]) > 0
    other.execute("ROLLBACK")
    other.close()
    assert impatient.send(mine, session_lines()).json() == {"acked": 8}
    assert impatient.lines(mine) == session_lines()


def test_what_comes_while_a_collector_ends_is_refused_and_keeps_nobody_waiting(file: Path) -> None:
    store = Store(SqliteDatabase(file))
    store.close()
    with pytest.raises(NoStorage, match="the collector ends"):
        store.written(lambda connection: tokens.create(connection, "late", "admin"))


def test_a_full_disk_fails_all_that_waited_and_keeps_what_was_acknowledged(file: Path) -> None:
    engine = SqliteDatabase(file).open_writing()
    writer = Writer(engine, LocalNews(Bell()))
    writer.submit(lambda connection: tokens.create(connection, "before", "admin")).result()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(1000000) AS x")

    with pytest.raises(NoStorage):
        writer.submit(fill).result()
    writer.close()
    with engine.begin() as connection:
        assert [token.name for token in tokens.listed(connection)] == ["before"]
    engine.dispose()


def test_a_job_that_is_refused_undoes_itself_alone(file: Path) -> None:
    engine = SqliteDatabase(file).open_writing()
    writer = Writer(engine, LocalNews(Bell()))

    def refused(connection: Connection) -> None:
        tokens.create(connection, "refused", "admin")
        raise Conflict(3)

    futures: list[Future[Any]] = [
        writer.submit(lambda connection: tokens.create(connection, "one", "admin")),
        writer.submit(refused),
        writer.submit(lambda connection: tokens.create(connection, "two", "admin")),
    ]
    writer.close()
    assert isinstance(futures[1].exception(), Conflict)
    with engine.begin() as connection:
        assert [token.name for token in tokens.listed(connection)] == ["one", "two"]
    engine.dispose()


def test_a_caller_that_went_away_stops_nothing(file: Path) -> None:
    engine = SqliteDatabase(file).open_writing()
    writer = Writer(engine, LocalNews(Bell()))
    begun, go_on = Event(), Event()

    def slow(connection: Connection) -> None:
        begun.set()
        go_on.wait(10)

    first = writer.submit(slow)
    begun.wait(10)
    gone = writer.submit(lambda connection: tokens.create(connection, "gone", "admin"))
    assert gone.cancel()
    assert not first.cancel()
    go_on.set()
    writer.submit(lambda connection: tokens.create(connection, "here", "admin")).result()
    writer.close()
    with engine.begin() as connection:
        assert [token.name for token in tokens.listed(connection)] == ["here"]
    engine.dispose()


def test_a_file_that_is_no_database_is_one_line(file: Path) -> None:
    file.write_bytes(b"not a database, by no means" * 100)
    with pytest.raises(UserError, match="is it a store of Pairlog"):
        SqliteDatabase(file).open_writing()


def test_a_store_of_a_newer_pairlog_is_left_alone(file: Path) -> None:
    SqliteDatabase(file).open_writing().dispose()
    connection = sqlite3.connect(file)
    connection.execute("INSERT INTO schema_version VALUES (99, '')")
    connection.commit()
    connection.close()
    database = SqliteDatabase(file)
    for opened in (database.open_writing, database.open_reading):
        with pytest.raises(UserError, match="newer Pairlog"):
            opened()
