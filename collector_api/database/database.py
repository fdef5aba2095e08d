"""The database behind a store: SQLite for one server, PostgreSQL for several, by their addresses.

Both have one writer at a time: who begins to write waits until the one before has committed. So what a job of
the writer reads is what it changes, whichever process it runs in.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from collector_api.database.bell import Bell
from collector_api.database.sqlite import SqliteDatabase
from pairlog.errors import UserError

_HOW = "write sqlite:///FILE or postgresql://USER@HOST/NAME"


class News(Protocol):
    """How those who watch hear of what became durable, in whichever process they are."""

    def tell(self, connection: Connection, sessions: Iterable[str]) -> None:
        """Told inside the transaction that changes these sessions."""

    def committed(self, sessions: Iterable[str]) -> None:
        """Told in the same process once it is committed."""

    def close(self) -> None:
        """Nothing more is heard."""


class Database(Protocol):
    """Where a store is kept."""

    #: At least so long between two scrubs; 0: each is done at once.
    scrub_pause_s: float
    #: So often it is scrubbed although nobody asks.
    scrub_every_s: float

    @property
    def name(self) -> str:
        """The place in words for people, without a password."""

    def claim(self, workers: int) -> AbstractContextManager[None]:
        """The right to serve the place with so many processes, until the end of the `with`.

        Raises UserError where it is not to be had.
        """

    def exporting(self) -> AbstractContextManager[None]:
        """The right to move sessions to a lake, until the end of the `with`.

        Raises UserError where another process has it.
        """

    def open_writing(self) -> Engine:
        """An engine whose transactions write, one at a time; its tables are made or migrated.

        Raises UserError where the place cannot be used.
        """

    def open_reading(self) -> Engine:
        """An engine whose transactions see one state of the store, and only read.

        Raises UserError where there is no store of this version.
        """

    def alone(self) -> AbstractContextManager[bool]:
        """Whether this process may do what one does for all, until the end of the `with`; False: one does.

        Raises NoStorage.
        """

    def scrub(self, wait_ms: int) -> bool:
        """Bring what was deleted out of the files; False where that cannot be done now. Raises NoStorage."""

    def news(self, bell: Bell) -> News:
        """What rings this bell when something becomes durable."""


def database_at(address: str) -> Database:
    """The database of an address. Raises UserError for one that is not served."""
    url = _parse(address)
    backend = url.get_backend_name()
    if backend == "postgresql":
        return _postgres(url)
    if backend != "sqlite":
        raise UserError(f"a store is kept in SQLite or PostgreSQL, not in {url.drivername}; {_HOW}")
    if not url.database or url.database == ":memory:":
        raise UserError("the store needs a file: sqlite:////absolute/path/pairlog.db")
    return SqliteDatabase(Path(url.database))


def _postgres(url: URL) -> Database:
    try:
        from collector_api.database.postgres import PostgresDatabase
    except ImportError:
        raise UserError(
            "PostgreSQL needs psycopg, which is not here; install it with: pip install 'pairlog[postgres]'"
        ) from None
    return PostgresDatabase(url)


def _parse(address: str) -> URL:
    try:
        return make_url(address)
    except ArgumentError:
        # The address may hold a password.
        raise UserError(f"this is no address of a database; {_HOW}") from None
