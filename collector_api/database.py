"""The database behind a store: addresses, engines, and the pragmas that make SQLite durable and private.

Two engines: one connection writes, several read. PostgreSQL has its place beside SQLite here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from collector_api import migrations
from pairlog.errors import UserError

T = TypeVar("T")

#: How long a writer waits for another one's lock.
BUSY_MS_MAX = 5_000


def database_file(address: str) -> Path:
    """The file of a `sqlite:///FILE` address. Raises UserError for any other address."""
    url = _parse(address)
    if url.get_backend_name() != "sqlite":
        raise UserError(f"the collector keeps its store in SQLite; {url.drivername}:// is not served")
    if not url.database or url.database == ":memory:":
        raise UserError("the store needs a file: sqlite:////absolute/path/pairlog.db")
    return Path(url.database).absolute()


def open_writing(file: Path) -> Engine:
    """An engine with one connection that writes; its tables are made or migrated.

    Raises UserError where the file cannot be used.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made here so that nobody else may read it; SQLite gives -wal and -shm the same mode.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        engine = _engine(file, "rw", _WRITING, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
        migrations.migrate(engine)
    except OSError as error:
        raise UserError(f"cannot use {file}: {error.strerror}; name another folder with --data") from None
    except DBAPIError as error:
        raise UserError(f"cannot use {file}: {error.orig}; is it a store of Pairlog?") from None
    return engine


def open_reading(file: Path) -> Engine:
    """An engine whose connections only read, also while a server writes.

    Raises UserError where there is no store of this version.
    """
    if not file.is_file():
        raise UserError(f"no store at {file}; name its folder with --data, or start one with `pairlog serve`")
    engine = _engine(file, "ro", _READING, "BEGIN", pool_size=8, max_overflow=32)
    try:
        with engine.connect() as connection:
            migrations.check(connection)
    except DBAPIError as error:
        raise UserError(f"cannot read {file}: {error.orig}; is it a store of Pairlog?") from None
    return engine


class Direct:
    """A store in the hands of a command, also beside a server. Raises UserError where there is none."""

    def __init__(self, file: Path) -> None:
        self._reading = open_reading(file)
        self._writing = open_writing(file)

    def __enter__(self) -> Direct:
        return self

    def __exit__(self, *_: object) -> None:
        self._reading.dispose()
        self._writing.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees the store as it is now, and only reads."""
        return self._reading.begin()

    def written(self, job: Callable[[Connection], T]) -> T:
        """What a job returns, once what it wrote is durable."""
        with self._writing.begin() as connection:
            return job(connection)


def scrub_log(file: Path, wait_ms: int = BUSY_MS_MAX) -> bool:
    """Bring what was deleted out of the write-ahead log; False where somebody still reads or writes it.

    While this waits, nobody writes.
    """
    with closing(_connector(file, "rw", (*_WRITING, f"busy_timeout={wait_ms}"))()) as connection:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


_READING = ("query_only=ON", f"busy_timeout={BUSY_MS_MAX}", "foreign_keys=ON")
_WRITING = (
    f"busy_timeout={BUSY_MS_MAX}",
    "journal_mode=WAL",
    # An acknowledged frame survives a power cut, not only a crash of the process.
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)


def _parse(address: str) -> URL:
    try:
        return make_url(address)
    except ArgumentError:
        raise UserError(f"{address} is no address of a database; write sqlite:///FILE") from None


def _engine(
    file: Path, mode: str, pragmas: tuple[str, ...], begin: str, *, pool_size: int, max_overflow: int
) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=_connector(file, mode, pragmas),
        pool_size=pool_size,
        max_overflow=max_overflow,
        # Nobody's code belongs into an error or a log.
        hide_parameters=True,
        poolclass=QueuePool,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver would begin late, and only for statements that it knows to write.
        connection.exec_driver_sql(begin)

    return engine


def _connector(file: Path, mode: str, pragmas: tuple[str, ...]) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return connect
