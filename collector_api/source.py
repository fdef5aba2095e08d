"""A store as a source, by its database's address: read by other commands, also while servers write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from collector_api.database.database import database_at
from collector_api.lines.redactions import SEQ_MAX
from collector_api.problems import Erased, NoBlob, NoStorage
from collector_api.rows import blobs, frames, keyframes, sessions, verdicts
from pairlog.errors import UserError
from pairlog.replay import Player
from pairlog.source import SessionInfo, Source
from pairlog.source.info import behind
from pairlog.source.wanted import Wanted


def open_database(uri: str) -> Source:
    """The store at this address. Raises UserError where there is none that this version reads."""
    return DatabaseSource(uri)


class DatabaseSource(Source):
    """All sessions of a store, whoever's they are: who may read the database may read them."""

    def __init__(self, uri: str) -> None:
        database = database_at(uri)
        self._name = database.name
        self._engine = database.open_reading()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first; one without a verdict in the store is replayed."""
        return self.find(Wanted())

    def find(
        self, wanted: Wanted, after: str | None = None, rows_max: int | None = None
    ) -> list[SessionInfo]:
        """The sessions that are wanted, as every source finds them; those that are listed are judged."""
        # Whether one verifies may only now be found out.
        unjudged = replace(wanted, verified=None)
        try:
            with self._engine.begin() as connection:
                rows = behind(sessions.everything(connection, unjudged), after)
                judged = (_judged(connection, row) for row in rows)
                return list(islice(filter(wanted.fits, judged), rows_max))
        except NoStorage as error:
            raise _unusable(error) from None

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown or erased."""
        yield from self._lines_from(session, 0)

    def before(self, session: str, at: int | None) -> tuple[Player, Iterator[bytes]]:
        """A player at the last keyframe before the seq `at`, and the lines from there on."""
        with self._engine.begin() as connection:
            self._check(connection, session)
            seq = SEQ_MAX if at is None else at + 1
            read = partial(self.blob, session)
            player = keyframes.player_before(connection, session, seq, read)
        return player, self._lines_from(session, player.seq + 1)

    def _lines_from(self, session: str, first: int) -> Iterator[bytes]:
        try:
            with self._engine.begin() as connection:
                self._check(connection, session)
                yield from frames.lines_from(connection, session, first)
        except DBAPIError as error:
            raise UserError(f"cannot read {self._name}: {error.orig}; is it well?") from None
        except NoStorage as error:
            raise _unusable(error) from None

    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names. Raises UserError where it is missing."""
        with self._engine.begin() as connection:
            self._check(connection, session)
            try:
                return blobs.of_session(connection, session, sha256)
            except NoBlob as error:
                raise UserError(f"{error.detail} in {self._name}") from None

    def _check(self, connection: Connection, session: str) -> None:
        try:
            row = sessions.find(connection, session)
        except Erased:
            raise UserError(f"session {session} was erased; it will not come back") from None
        if row is None:
            raise UserError(f"no session {session} in {self._name}; `pairlog sessions` lists what there is")


def _judged(connection: Connection, row: SessionInfo) -> SessionInfo:
    if verdicts.kept(connection, row) is not None:
        return row
    return replace(row, verified=verdicts.judge(connection, row.session).verified)


def _unusable(error: NoStorage) -> UserError:
    return UserError(f"the store cannot be used now: {error.reason}; try again in a moment")
