"""A store in one SQLite file: one process serves it, one connection writes, several read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from collector_api.database import migrations, places
from collector_api.database.bell import Bell, LocalNews
from collector_api.database.lock import EXPORT_UNDER_WAY, StoreLock
from collector_api.problems import UNANSWERED, NoStorage
from pairlog.errors import UserError
from pairlog.home import make_private

#: How long a writer waits for another one's lock.
BUSY_MS_MAX = 5_000


class SqliteDatabase:
    """A file, with the pragmas that make SQLite durable and private."""

    scrub_pause_s = 0.0
    scrub_every_s = 60.0

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()

    @property
    def name(self) -> str:
        """The file, for people."""
        return str(self.file)

    def claim(self, workers: int) -> StoreLock:
        """The right to serve this file, held by one process. Raises UserError where it is not to be had."""
        if workers > 1:
            raise UserError(
                "SQLite serves one worker; leave --workers away, or serve PostgreSQL: "
                "--database-url postgresql://USER@HOST/NAME"
            )
        make_private(self.file.parent)
        return StoreLock(
            self.file.with_name(f"{self.file.name}.lock"),
            f"another `pairlog serve` already serves {self.file.parent}; stop it, or name another --data",
        )

    def exporting(self) -> StoreLock:
        """The right to move sessions to a lake, held by one process. Raises UserError."""
        return StoreLock(self.file.with_name(f"export-{self.file.name}.lock"), EXPORT_UNDER_WAY)

    def open_writing(self) -> Engine:
        """An engine with one connection that writes; its tables are made or migrated.

        Raises UserError where the file cannot be used.
        """
        file = self.file
        try:
            make_private(file.parent)
            # Made here so that nobody else may read it; SQLite gives -wal and -shm the same mode.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
            engine = _engine(file, "rw", _WRITING, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
            migrations.migrate(engine)
        except OSError as error:
            raise UserError(f"cannot use {file}: {error.strerror}; name another folder with --data") from None
        except DBAPIError as error:
            raise UserError(f"cannot use {file}: {error.orig}; is it a store of Pairlog?") from None
        return engine

    def open_reading(self) -> Engine:
        """An engine whose connections only read, also while a server writes.

        Raises UserError where there is no store of this version.
        """
        file = self.file
        if not file.is_file():
            raise UserError(
                f"no store at {file}; name its folder with --data, or start one with `pairlog serve`"
            )
        engine = _engine(file, "ro", _READING, "BEGIN", pool_size=8, max_overflow=32)
        try:
            with engine.connect() as connection:
                migrations.check(connection)
        except DBAPIError as error:
            raise UserError(f"cannot read {file}: {error.orig}; is it a store of Pairlog?") from None
        return engine

    def alone(self) -> AbstractContextManager[bool]:
        """True: one process serves the file."""
        return nullcontext(True)

    def scrub(self, wait_ms: int = BUSY_MS_MAX) -> bool:
        """Bring what was deleted out of the write-ahead log; False where somebody still reads or writes it.

        While this waits, nobody writes. Raises NoStorage.
        """
        try:
            with closing(_connector(self.file, "rw", (*_WRITING, f"busy_timeout={wait_ms}"))()) as connection:
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise NoStorage(UNANSWERED, str(error)) from None
        return not busy

    def news(self, bell: Bell) -> LocalNews:
        """News within this process: it is the only one that serves the file."""
        return LocalNews(bell)


_READING = ("query_only=ON", f"busy_timeout={BUSY_MS_MAX}", "foreign_keys=ON")
_WRITING = (
    f"busy_timeout={BUSY_MS_MAX}",
    "journal_mode=WAL",
    # An acknowledged frame survives a power cut, not only a crash of the process.
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)


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

    places.lies_in(engine, file.parent)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver would begin late, and only for statements that it knows to write.
        connection.exec_driver_sql(begin)

    return engine


def _connector(file: Path, mode: str, pragmas: tuple[str, ...]) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return connect
