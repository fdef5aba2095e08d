"""A session comes back from a lake, because something of it is to change."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from collector_api.database.tables import Frame, SessionRow
from collector_api.lines.decoder import seq_of
from collector_api.problems import NoStorage
from collector_api.rows import archive, blobs
from collector_api.rows.archive import Database
from pairlog.frame import pack, parts

#: A file that is written anew, or a verdict that is kept, changes the row once.
_TRIES = 5


def thaw(store: Database, session: str) -> None:
    """Bring the lines of a session back into the store; `lake_files.sweep` takes them out of the lake.

    Raises NoStorage where the lake cannot be read, or the session changes all the time.
    """
    if not any(_thawed(store, session) for _ in range(_TRIES)):
        raise NoStorage("a session changes while it comes back from the lake")


def _thawed(store: Database, session: str) -> bool:
    """Whether nothing is left to do; False where the session has changed since its lines were read."""
    with store.reading() as connection:
        before = _state(connection, session)
        lines = archive.lines_from(connection, session)
    if lines is None:
        return True
    frames = [
        Frame(
            session_id=session,
            first_seq=seq_of(part[0]),
            last_seq=seq_of(part[-1]),
            events=len(part),
            data=pack(part, 9),
        )
        for part in parts(lines)
    ]

    def job(connection: Connection) -> bool:
        row = _state(connection, session)
        if row is None or row != before:
            return row is None
        size = sum(len(frame.data) for frame in frames)
        connection.execute(insert(Frame), [frame.model_dump() for frame in frames])
        archive.leave_behind(connection, row)
        connection.execute(
            update(SessionRow)
            .where(col(SessionRow.id) == session)
            .values(lake_file_id=None, bytes=size, packed_through=row.last_seq)
        )
        blobs.count(connection, row.contributor_id, size)
        return True

    return store.written(job)


def _state(connection: Connection, session: str) -> SessionRow | None:
    question = select(SessionRow).where(col(SessionRow.id) == session)
    found = connection.execute(question).one_or_none()
    return None if found is None else SessionRow(**found._mapping)
