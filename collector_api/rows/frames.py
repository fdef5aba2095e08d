"""Frames in the store: read back from any seq on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlmodel import col, func

from collector_api.database.tables import Frame
from collector_api.lines.decoder import seq_of
from collector_api.rows import archive
from pairlog.events import PositionEncoding, Session
from pairlog.frame import (
    PART_BYTES_MAX,
    FrameError,
    inflate,
    pack,
    parts,
    unpack,
    unpacked_bytes,
    whole_lines,
)
from pairlog.line import decode

_GZIP_FLAGS = 3
#: Few, so that a long session is never in memory as a whole; from a lake more, where each reading is dear.
_FRAMES_AT_ONCE = 8
_FRAMES_FROM_LAKE = 128
#: Where they are large, fewer.
READ_BYTES = 8 * 1024 * 1024


class TooLittleRoom(Exception):
    """A frame and its lines have more bytes than may be in memory: `needs`, as far as that is known."""

    def __init__(self, needs: int) -> None:
        super().__init__(f"{needs} bytes are needed")
        self.needs = needs


def kept(session: str, first: int, last: int, events: int, data: bytes) -> dict[str, Any]:
    """The columns of a frame."""
    return {"session_id": session, "first_seq": first, "last_seq": last, "events": events, "data": data}


def ranges(connection: Connection, session: str) -> set[tuple[int, int]]:
    """The first and the last seq of each stored frame of a session."""
    question = select(col(Frame.first_seq), col(Frame.last_seq)).where(col(Frame.session_id) == session)
    return {(first, last) for first, last in connection.execute(question)}


def size(connection: Connection, session: str) -> int:
    """How many bytes the stored frames of a session have."""
    this = col(Frame.session_id) == session
    return connection.execute(select(func.sum(func.length(col(Frame.data)))).where(this)).scalar() or 0


def encoding(connection: Connection, session: str) -> PositionEncoding:
    """The position encoding of a stored session, from its header."""
    first, _ = some_from(connection, session, 0, 1)
    header = decode(lines_of(first[0])[0])
    assert isinstance(header, Session)
    return header.position_encoding


def some_from(
    connection: Connection, session: str, first: int, frames_max: int | None = None
) -> tuple[list[bytes], int]:
    """The next few frames from the line with seq `first` on, none at the end, and the seq to go on from.

    A frame that begins before `first` is packed anew without the lines before.
    """
    found: list[bytes] = []
    following = first
    for first_seq, last_seq, data in _stored(connection, session, first, frames_max or _FRAMES_AT_ONCE):
        if first_seq < first:
            data = pack(line for line in lines_of(data) if seq_of(line) >= first)
        found.append(data)
        following = last_seq + 1
    if not found:
        return archive.some_from(connection, session, first, frames_max or _FRAMES_FROM_LAKE, READ_BYTES)
    return found, following


def lines_from(connection: Connection, session: str, first: int = 0) -> Iterator[bytes]:
    """The session's lines, byte for byte, from seq `first` on.

    Raises NoStorage where they are in a lake that cannot be read.
    """
    away = archive.lines_from(connection, session, first)
    if away is not None:
        yield from away
        return
    while stored := _stored(connection, session, first, _FRAMES_AT_ONCE):
        for first_seq, last_seq, data in stored:
            lines = lines_of(data)
            yield from lines if first_seq >= first else (line for line in lines if seq_of(line) >= first)
            first = last_seq + 1


def next_lines(connection: Connection, session: str, first: int, bytes_max: int) -> tuple[list[bytes], int]:
    """The lines of the next frame from seq `first` on, none at the end, and the seq to go on from.

    Raises TooLittleRoom where frame and lines together have more than `bytes_max` bytes, which are never
    exceeded in memory; NoStorage where the lines are in a lake that cannot be read.
    """
    this = col(Frame.session_id) == session
    found = connection.execute(
        select(col(Frame.first_seq), col(Frame.last_seq), func.length(col(Frame.data)))
        .where(this, col(Frame.last_seq) >= first)
        .order_by(col(Frame.first_seq))
        .limit(1)
    ).one_or_none()
    if found is None:
        return _lines_in_lake(connection, session, first, bytes_max)
    first_seq, last_seq, size = found
    if size > bytes_max:
        # What it unpacks to is known when it is read.
        raise TooLittleRoom(2 * size)
    question = select(col(Frame.data)).where(this, col(Frame.first_seq) == first_seq)
    data = connection.execute(question).scalar_one()
    try:
        lines = unpack(data, bytes_max - size, bytes_max)
    except FrameError:
        # It is too large for this room, or has several members, which was allowed once.
        needed = size + unpacked_bytes(data)
        if needed > bytes_max:
            raise TooLittleRoom(needed) from None
        lines = lines_of(data)
    return [line for line in lines if first_seq >= first or seq_of(line) >= first], last_seq + 1


def _lines_in_lake(
    connection: Connection, session: str, first: int, bytes_max: int
) -> tuple[list[bytes], int]:
    if archive.place_of(connection, session) is None:
        return [], first
    if bytes_max < PART_BYTES_MAX:
        raise TooLittleRoom(PART_BYTES_MAX)
    lines = next(parts(archive.lines_from(connection, session, first) or ()), [])
    return lines, seq_of(lines[-1]) + 1 if lines else first


def between(connection: Connection, session: str, first: int, last: int) -> Iterator[bytes]:
    """The lines of the frames that hold any seq from `first` to `last`."""
    question = select(col(Frame.data)).where(
        col(Frame.session_id) == session, col(Frame.last_seq) >= first, col(Frame.first_seq) <= last
    )
    for data in connection.execute(question).scalars():
        yield from lines_of(data)


def _stored(
    connection: Connection, session: str, first: int, frames_max: int
) -> Sequence[Row[int, int, bytes]]:
    """The first and the last seq, and the bytes, of the next few frames that hold any seq from `first` on."""
    behind = (col(Frame.session_id) == session, col(Frame.last_seq) >= first)
    sizes = select(col(Frame.last_seq), func.length(col(Frame.data))).where(*behind)
    last, together = -1, 0
    for last_seq, size in connection.execute(sizes.order_by(col(Frame.first_seq)).limit(frames_max)).all():
        together += size
        if last >= 0 and together > READ_BYTES:
            break
        last = last_seq
    question = (
        select(col(Frame.first_seq), col(Frame.last_seq), col(Frame.data))
        .where(*behind, col(Frame.last_seq) <= last)
        .order_by(col(Frame.first_seq))
    )
    return connection.execute(question).all()


def read_bytes_max(connection: Connection, session: str) -> int:
    """How many bytes one reading of a session takes into memory at most."""
    size = func.length(col(Frame.data))
    question = select(func.max(size), func.sum(size)).where(col(Frame.session_id) == session)
    largest, together = connection.execute(question).one()
    # In a lake it has no frames here.
    return READ_BYTES if largest is None else min(max(READ_BYTES, largest), int(together))


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a stored frame."""
    return whole_lines(b"".join(inflate([data])))[0]


def is_plain(body: bytes) -> bool:
    """Whether a gzip member carries no name, comment or extra field beside its lines."""
    return body[_GZIP_FLAGS] == 0
