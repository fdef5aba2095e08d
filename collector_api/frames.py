"""Frames in the store: one is appended whole or not at all, and read back from any seq on."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlmodel import col, func

from collector_api import blobs, sessions
from collector_api.decoder import Line
from collector_api.intake import new_lines
from collector_api.limits import Limits
from collector_api.problems import Hole, NoRoom, NotOwner
from collector_api.tables import Frame, SessionRow
from pairlog.frame import pack, whole_lines

_GZIP_FLAGS = 3
#: Few, so that a long session is never in memory as a whole.
_FRAMES_AT_ONCE = 8


def append(
    connection: Connection, session: str, contributor: int, lines: Sequence[Line], body: bytes, limits: Limits
) -> int:
    """Store the lines of a frame that are not stored yet; returns the last seq that is covered.

    `lines` are checked and in order, at least one; `body` is the frame that brought them. Raises the Problem
    that forbids it, before anything is written.
    """
    row = sessions.find(connection, session)
    if row is None:
        if lines[0].seq != 0:
            raise Hole(0)
        _check_room_for_session(connection, contributor, limits)
        fresh = lines
    else:
        if row.contributor_id != contributor:
            raise NotOwner(
                f"session {session} is another contributor's; a token writes its own sessions only"
            )
        stored: dict[int, bytes] = {}
        if lines[0].seq <= row.acked:
            stored = {_seq(line): line for line in _between(connection, session, lines[0].seq, lines[-1].seq)}
        fresh = new_lines(lines, row.acked + 1, stored)
        if not fresh:
            return row.acked
    named = blobs.needed(connection, contributor, fresh)
    data = body if len(fresh) == len(lines) and _is_plain(body) else pack(line.raw for line in fresh)
    blobs.take_room(connection, contributor, len(data), limits)
    if row is None:
        connection.execute(
            insert(SessionRow).values(sessions.begun(connection, contributor, fresh, len(data)))
        )
    else:
        changes = sessions.continued(connection, row, fresh, len(data))
        connection.execute(update(SessionRow).where(col(SessionRow.id) == session).values(changes))
    connection.execute(
        insert(Frame).values(
            session_id=session, first_seq=fresh[0].seq, last_seq=fresh[-1].seq, events=len(fresh), data=data
        )
    )
    blobs.name(connection, session, contributor, named)
    return fresh[-1].next - 1


def some_from(connection: Connection, session: str, first: int) -> tuple[list[bytes], int]:
    """The next few frames from the line with seq `first` on, none at the end, and the seq to go on from.

    A frame that begins before `first` is packed anew without the lines before.
    """
    question = (
        select(col(Frame.first_seq), col(Frame.last_seq), col(Frame.data))
        .where(col(Frame.session_id) == session, col(Frame.last_seq) >= first)
        .order_by(col(Frame.first_seq))
        .limit(_FRAMES_AT_ONCE)
    )
    found: list[bytes] = []
    following = first
    for first_seq, last_seq, data in connection.execute(question):
        if first_seq < first:
            data = pack(line for line in _lines(data) if _seq(line) >= first)
        found.append(data)
        following = last_seq + 1
    return found, following


def lines_from(connection: Connection, session: str, first: int = 0) -> Iterator[bytes]:
    """The session's lines, byte for byte, from seq `first` on."""
    while True:
        packed, first = some_from(connection, session, first)
        if not packed:
            return
        for data in packed:
            yield from _lines(data)


def _between(connection: Connection, session: str, first: int, last: int) -> Iterator[bytes]:
    question = select(col(Frame.data)).where(
        col(Frame.session_id) == session, col(Frame.last_seq) >= first, col(Frame.first_seq) <= last
    )
    for data in connection.execute(question).scalars():
        yield from _lines(data)


def _check_room_for_session(connection: Connection, contributor: int, limits: Limits) -> None:
    count = select(func.count()).select_from(SessionRow).where(col(SessionRow.contributor_id) == contributor)
    have = connection.execute(count).scalar_one()
    if have >= limits.sessions_max:
        raise NoRoom("sessions_max", limits.sessions_max, f"you have {have} sessions")


def _lines(data: bytes) -> list[bytes]:
    return whole_lines(gzip.decompress(data))[0]


class _Seq(msgspec.Struct):
    seq: int


_seq_decoder = msgspec.json.Decoder(_Seq)


def _seq(line: bytes) -> int:
    return _seq_decoder.decode(line).seq


def _is_plain(body: bytes) -> bool:
    """Whether a gzip member carries no name, comment or extra field beside its lines."""
    return body[_GZIP_FLAGS] == 0
