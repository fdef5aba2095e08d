"""A store in the hands of a command, also beside servers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection

from collector_api.database.database import Database

T = TypeVar("T")


class Direct:
    """A database that is read and written without a thread. Raises UserError where that cannot be."""

    def __init__(self, database: Database) -> None:
        self._writing = database.open_writing()
        self._reading = database.open_reading()

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
