"""Small frames become large ones, of the same lines: a frame of a few keys takes twice the room.

What is in memory of them at once is a large frame, and one more as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col, func

from collector_api.database.tables import Frame, SessionRow
from collector_api.lines.decoder import seq_of
from collector_api.rows import blobs, counters
from collector_api.rows.archive import Database
from collector_api.rows.frames import READ_BYTES, lines_of
from pairlog.frame import PART_BYTES_MAX, PART_LINES_MAX, pack, parts

#: How many sessions are asked for at once.
_SESSIONS = 64


class _Session(NamedTuple):
    """A session as it was when its frames were read."""

    id: str
    contributor: int
    last_seq: int
    packed_through: int
    revision: int
    complete: bool
    changed: int


class _Small(NamedTuple):
    """A frame that may be packed with its neighbours."""

    first_seq: int
    last_seq: int
    events: int
    size: int


class Repacker:
    """Looks at each session that has changed since it looked last."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self._seen = -1

    def steps(self) -> Iterator[None]:
        """Repack what had changed as it began; each step is one frame more, or one session looked at.

        Whoever calls may rest in between.
        """
        with self._store.reading() as connection:
            last = counters.last(connection, "changed")
        while found := self._changed(last):
            for session in found:
                for group in self._groups(session):
                    while group:
                        group = group[self._repack(session, group) :]
                        yield
                self._seen = session.changed
                yield

    def _changed(self, last: int) -> list[_Session]:
        question = (
            select(
                col(SessionRow.id),
                col(SessionRow.contributor_id),
                col(SessionRow.last_seq),
                col(SessionRow.packed_through),
                col(SessionRow.revision),
                col(SessionRow.complete),
                col(SessionRow.changed),
            )
            .where(
                col(SessionRow.changed) > self._seen,
                col(SessionRow.changed) <= last,
                col(SessionRow.packed_through) < col(SessionRow.last_seq),
                col(SessionRow.lake_file_id).is_(None),
            )
            .order_by(col(SessionRow.changed))
            .limit(_SESSIONS)
        )
        with self._store.reading() as connection:
            return [_Session(*row) for row in connection.execute(question)]

    def _groups(self, session: _Session) -> list[list[_Small]]:
        question = (
            select(col(Frame.first_seq), col(Frame.last_seq), col(Frame.events), func.length(col(Frame.data)))
            .where(col(Frame.session_id) == session.id, col(Frame.first_seq) > session.packed_through)
            .order_by(col(Frame.first_seq))
        )
        with self._store.reading() as connection:
            frames = [_Small(*row) for row in connection.execute(question)]
        return list(groups(frames, is_last=session.complete))

    def _repack(self, session: _Session, group: Sequence[_Small]) -> int:
        """Replace as many of a group's first frames as unpack to a large one; returns how many."""
        first, last = group[0].first_seq, group[-1].last_seq
        these = _between(session.id, first, last)
        with self._store.reading() as connection:
            question = select(col(Frame.data)).where(*these).order_by(col(Frame.first_seq))
            packed = connection.execute(question).scalars().all()
        if not packed:
            return len(group)
        lines, count = _large(packed)
        group, packed = group[:count], packed[:count]
        last = group[-1].last_seq
        these = _between(session.id, first, last)
        fresh = _packed(session.id, lines)
        grown = sum(len(frame.data) for frame in fresh) - sum(map(len, packed))

        def job(connection: Connection) -> None:
            if not _is_as(connection, session, group):
                return
            connection.execute(delete(Frame).where(*these))
            connection.execute(insert(Frame), [frame.model_dump() for frame in fresh])
            connection.execute(
                update(SessionRow)
                .where(col(SessionRow.id) == session.id)
                .values(packed_through=last, bytes=SessionRow.bytes + grown)
            )
            blobs.count(connection, session.contributor, grown)

        self._store.written(job)
        return count


def _large(packed: Sequence[bytes]) -> tuple[list[bytes], int]:
    """The lines of the first frames, as many as unpack to a large one, and how many those are."""
    lines: list[bytes] = []
    size = 0
    for count, data in enumerate(packed, 1):
        some = lines_of(data)
        lines += some
        # What a frame says of its own size need not be true.
        size += sum(map(len, some))
        if size >= PART_BYTES_MAX:
            return lines, count
    return lines, len(packed)


def _packed(session: str, lines: list[bytes]) -> list[Frame]:
    size = sum(map(len, lines))
    return [
        Frame(
            session_id=session,
            first_seq=seq_of(some[0]),
            last_seq=seq_of(some[-1]),
            events=len(some),
            data=pack(some, 9),
        )
        for some in ([lines] if size <= PART_BYTES_MAX else parts(lines))
    ]


def groups(frames: Sequence[_Small], *, is_last: bool) -> Iterator[list[_Small]]:
    """Frames that follow each other, together just large enough; `is_last`: no frame will follow the rest."""
    taken: list[_Small] = []
    events = size = 0
    for frame in frames:
        taken.append(frame)
        events += frame.events
        size += frame.size
        if events >= PART_LINES_MAX or size >= READ_BYTES:
            yield taken
            taken, events, size = [], 0, 0
    if is_last and taken:
        yield taken


def _between(session: str, first: int, last: int) -> tuple[Any, ...]:
    return col(Frame.session_id) == session, col(Frame.first_seq) >= first, col(Frame.last_seq) <= last


def _is_as(connection: Connection, session: _Session, group: Sequence[_Small]) -> bool:
    """Whether nothing was taken back, moved or erased since these frames were read."""
    this = col(SessionRow.id) == session.id
    question = select(col(SessionRow.revision), col(SessionRow.lake_file_id)).where(this)
    row = connection.execute(question).one_or_none()
    there = select(func.count(), func.sum(col(Frame.events))).where(
        *_between(session.id, group[0].first_seq, group[-1].last_seq)
    )
    counted = tuple(connection.execute(there).one())
    return (
        row is not None
        and tuple(row) == (session.revision, None)
        and counted == (len(group), sum(small.events for small in group))
    )
