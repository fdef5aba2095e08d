"""A store in PostgreSQL: several processes serve it, one transaction writes at a time, many read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from collector_api.database import migrations
from collector_api.database.bell import Bell
from collector_api.database.listener import CHANNEL, Listener
from collector_api.database.lock import EXPORT_UNDER_WAY
from collector_api.problems import UNANSWERED, NoStorage
from pairlog.errors import UserError

#: How long a writer waits for another one, and one that waits in mid-transaction is waited for.
LOCK_S_MAX = 5
IDLE_S_MAX = 60
#: Connections of one process for requests that read; more requests wait for one of these.
READING_MAX = 10

#: The lock of all that write a store, that of who does what one does for all, and that of who moves sessions
#: to a lake: any numbers, the same in every release.
_WRITER, _ALONE, _EXPORTING = 7_247_564, 7_247_565, 7_247_566
_CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    # A server that is gone without a word is noticed, whatever the operating system thinks is soon.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "pairlog",
}
_SETTINGS = " ".join(
    (
        # An acknowledged frame survives a power cut, whatever the server's default is.
        "-c synchronous_commit=on",
        f"-c lock_timeout={LOCK_S_MAX}s",
        f"-c idle_in_transaction_session_timeout={IDLE_S_MAX}s",
    )
)


class PostgresDatabase:
    """A database of a PostgreSQL server; the driver reads PGPASSWORD and its like from the environment."""

    scrub_pause_s = 5.0
    scrub_every_s = 3_600.0

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")

    @property
    def name(self) -> str:
        """The address, for people, without its password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=True)

    def claim(self, workers: int) -> AbstractContextManager[None]:
        """The right to serve this database, which as many processes have as want it."""
        return nullcontext()

    def open_writing(self) -> Engine:
        """An engine whose one connection writes; its tables are made or migrated.

        Raises UserError where the database cannot be used.
        """
        migrating = self._one_writer(f"{_SETTINGS} -c lock_timeout=0")
        try:
            # A large store takes minutes to bring forward, and whoever comes meanwhile waits for it.
            migrations.migrate(migrating)
        except DBAPIError as error:
            raise UserError(f"cannot use {self.name}: {_reason(error)}; is the server up?") from None
        finally:
            migrating.dispose()
        return self._one_writer(_SETTINGS)

    def _one_writer(self, settings: str) -> Engine:
        # Read committed: what is read behind the lock is what the writer before left.
        engine = self._engine(settings, pool_size=1, max_overflow=0)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

        return engine

    def open_reading(self) -> Engine:
        """An engine whose transactions each see one state of the store.

        Raises UserError where there is no store of this version.
        """
        engine = self._engine(
            _SETTINGS,
            pool_size=READING_MAX // 2,
            max_overflow=READING_MAX - READING_MAX // 2,
            isolation_level="REPEATABLE READ",
        ).execution_options(postgresql_readonly=True)
        try:
            with engine.connect() as connection:
                migrations.check(connection)
        except DBAPIError as error:
            raise UserError(f"cannot read {self.name}: {_reason(error)}; is the server up?") from None
        return engine

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this process may do what one does for all, until the end of the `with`; False: one does.

        Raises NoStorage.
        """
        with self._lock(_ALONE) as held:
            yield held

    @contextmanager
    def exporting(self) -> Iterator[None]:
        """The right to move sessions to a lake, held by one process. Raises UserError or NoStorage."""
        with self._lock(_EXPORTING) as held:
            if not held:
                raise UserError(EXPORT_UNDER_WAY)
            yield

    @contextmanager
    def _lock(self, number: int) -> Iterator[bool]:
        try:
            connection = self.connect()
        except psycopg.Error as error:
            raise NoStorage(UNANSWERED, str(error)) from None
        # The lock ends with its connection, however the process ends.
        with closing(connection):
            try:
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
            except psycopg.Error as error:
                raise NoStorage(UNANSWERED, str(error)) from None
            yield row == (True,)

    def scrub(self, wait_ms: int) -> bool:
        """Take deleted and replaced rows out of the pages; False where another does. Raises NoStorage.

        Rows that a transaction of before may still read stay until autovacuum comes by.
        """
        # All of them: which may hold something of a person is asked of nobody who adds one.
        tables = ", ".join(f'"{name}"' for name in SQLModel.metadata.tables)
        try:
            with self.connect() as connection:
                connection.execute(f"SET lock_timeout = {wait_ms}")
                connection.execute(f"VACUUM {tables}")
        except psycopg.errors.LockNotAvailable:
            # Another process is at it, or autovacuum.
            return False
        except psycopg.Error as error:
            raise NoStorage(UNANSWERED, str(error)) from None
        return True

    def news(self, bell: Bell) -> Announced:
        """News through NOTIFY, to every process that serves this store."""
        return Announced(self, bell)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of its own, outside of transactions. Raises psycopg.Error."""
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, options=_SETTINGS, **_CONNECT)

    def _engine(self, settings: str, **options: Any) -> Engine:
        return create_engine(
            self._url,
            connect_args={**_CONNECT, "options": settings},
            # Nobody's code belongs into an error or a log.
            hide_parameters=True,
            # After the server was away, the first request finds a connection that works.
            pool_pre_ping=True,
            **options,
        )


class Announced:
    """The bell of this process rings at what any process made durable."""

    def __init__(self, database: PostgresDatabase, bell: Bell) -> None:
        self._listener = Listener(database.connect, bell)

    def tell(self, connection: Connection, sessions: Iterable[str]) -> None:
        """Have the server tell all processes, if and when this transaction is committed."""
        connection.execute(_NOTIFY, {"channel": CHANNEL, "sessions": list(sessions)})

    def committed(self, sessions: Iterable[str]) -> None:
        """Nothing: the server tells this process as it tells the others."""

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


_NOTIFY = text("SELECT pg_notify(:channel, session) FROM unnest(CAST(:sessions AS text[])) AS session")


def _reason(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
