"""Frames in the store: one is appended whole or not at all, and read back from any seq on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlmodel import col, func

from collector_api.database.tables import Frame, SessionRow, table_of
from collector_api.limits import Limits
from collector_api.lines.decoder import Line, seq_of
from collector_api.lines.intake import new_lines
from collector_api.lines.rewriting import Rewriting, reread
from collector_api.problems import BadLine, Ended, Hole, NoRoom, Problem
from collector_api.rows import archive, blobs, ledger, sessions, studies
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
#: Made once: to build the statements of each frame anew takes longer than to carry them out.
BEGIN = insert(table_of(SessionRow))
CONTINUE = update(table_of(SessionRow)).where(col(SessionRow.id) == bindparam("this"))
KEEP = insert(table_of(Frame))


class Arrival(NamedTuple):
    """A frame that arrived: `lines` are checked and in order, at least one; `body` brought them.

    `plan` is what becomes of it, where that was worked out beside the writer.
    """

    session: str
    contributor: int
    lines: Sequence[Line]
    body: bytes
    plan: Plan | None = None


class Standing(NamedTuple):
    """Where a session stands: while this is the same, so are its lines, its names and its ledger.

    Of one that is not here, `revision` is the last entry of its ledger.
    """

    acked: int = -1
    revision: int = 0
    redact_through: int = -1
    complete: bool = False


class Plan(NamedTuple):
    """What becomes of a frame whose session stands so.

    `fresh` are the lines to store, `named` the contents that the session names with them for the first time;
    `differs`: see Appended. `refusal` is the Problem that forbids the frame.
    """

    standing: Standing
    taken_back: Rewriting
    fresh: Sequence[Line] = ()
    named: frozenset[str] = frozenset()
    differs: bool = False
    refusal: Problem | None = None


class Unplanned(Exception):
    """To find out what becomes of a frame would keep all who write waiting: it needs a plan of `planned`."""


class TooLittleRoom(Exception):
    """A frame and its lines have more bytes than may be in memory: `needs`, as far as that is known."""

    def __init__(self, needs: int) -> None:
        super().__init__(f"{needs} bytes are needed")
        self.needs = needs


class Appended(NamedTuple):
    """The last seq that is covered; whether a blob went that a redaction had replaced before it came, and
    whether lines came again that differ from those stored, as they may; how many lines are new, and when
    their session began.
    """

    acked: int
    dropped: bool = False
    differs: bool = False
    events: int = 0
    started_at: str = ""


def append(connection: Connection, arrival: Arrival, limits: Limits) -> Appended:
    """Store the lines of a frame that are not stored yet.

    Raises the Problem that forbids it, before anything is written; Unplanned, InLake.
    """
    session, contributor, lines, body, _ = arrival
    row = sessions.owned(connection, session, contributor)
    if row is None:
        if lines[0].seq != 0:
            raise Hole(0)
        _check_room_for_session(connection, contributor, limits)
    else:
        archive.check_hot(row)
    plan = _plan(connection, arrival, row, limits)
    fresh = plan.fresh
    if plan.refusal is not None:
        raise plan.refusal
    if not fresh:
        return Appended(plan.standing.acked, differs=plan.differs)
    # What was here as the plan was made may have gone.
    if plan.named - blobs.present(connection, contributor, plan.named):
        raise Unplanned
    as_it_came = fresh is lines and is_plain(body)
    data = body if as_it_came else pack(line.raw for line in fresh)
    blobs.take_room(connection, contributor, len(data), limits)
    if row is None:
        header = fresh[0].event
        if not isinstance(header, Session):
            raise BadLine(fresh[0].seq, 0, "a session begins with its header, of type `session`")
        studied = studies.of_session(connection, contributor, header.study, header.condition)
        change = sessions.next_change(connection)
        begun = sessions.begun(contributor, header, fresh, len(data), studied, change)
        started_at = str(begun["started_at"])
        connection.execute(BEGIN, {**begun, "redact_through": plan.standing.redact_through})
    else:
        started_at = row.started_at
        changes = sessions.continued(row, fresh, len(data), sessions.next_change(connection))
        connection.execute(CONTINUE, {**changes, "this": session})
    connection.execute(KEEP, kept(session, fresh, data))
    blobs.name(connection, session, contributor, plan.named)
    # A blob that was under way as it was replaced came before the first line that names it.
    dropped = blobs.give_back(connection, contributor, plan.taken_back.replaced)
    return Appended(fresh[-1].next - 1, dropped > 0, plan.differs, len(fresh), started_at)


def planned(connection: Connection, arrival: Arrival, limits: Limits) -> Arrival:
    """A frame with its plan. Raises Erased, NotOwner or InLake."""
    row = sessions.owned(connection, arrival.session, arrival.contributor)
    if row is not None:
        archive.check_hot(row)
    now = standing(connection, arrival.session, arrival.contributor, row)
    taken_back = _reaching(connection, arrival, now)
    try:
        plan = _worked_out(connection, arrival, now, taken_back, limits)
    except Problem as problem:
        plan = Plan(now, taken_back, refusal=problem)
    return arrival._replace(plan=plan)


def _plan(connection: Connection, arrival: Arrival, row: SessionRow | None, limits: Limits) -> Plan:
    """The plan of a frame, as the session stands now. Raises Unplanned where it has none and takes long."""
    now = standing(connection, arrival.session, arrival.contributor, row)
    if arrival.plan is not None and arrival.plan.standing == now:
        return arrival.plan
    if now.redact_through >= arrival.lines[0].seq or blobs.names_manifest(arrival.lines):
        raise Unplanned
    return _worked_out(connection, arrival, now, Rewriting(), limits)


def standing(connection: Connection, session: str, contributor: int, row: SessionRow | None) -> Standing:
    """Where a session with this row stands; None for one that is not here."""
    if row is not None:
        return Standing(row.acked, row.revision, row.redact_through, row.complete)
    last, through = ledger.ends(connection, session, contributor)
    return Standing(revision=last, redact_through=through)


def _reaching(connection: Connection, arrival: Arrival, now: Standing) -> Rewriting:
    """What was taken back that may reach the lines of a frame."""
    first = arrival.lines[0].seq
    if now.redact_through < first:
        return Rewriting()
    return ledger.rewriting(connection, arrival.session, arrival.contributor, first)


def _worked_out(
    connection: Connection, arrival: Arrival, now: Standing, taken_back: Rewriting, limits: Limits
) -> Plan:
    """Raises the Problem that forbids the frame."""
    session, contributor, lines, _, _ = arrival
    expected = now.acked + 1
    stored: dict[int, bytes] = {}
    if lines[0].seq < expected:
        stored = {seq_of(line): line for line in between(connection, session, lines[0].seq, lines[-1].seq)}
    arrived = taken_back.arriving(lines, expected)
    fresh = new_lines(arrived, expected, stored, taken_back.excuses)
    differs = bool(stored) and any(stored.get(line.seq, line.raw) != line.raw for line in lines)
    if not fresh:
        return Plan(now, taken_back, differs=differs)
    if now.complete:
        raise Ended(fresh[0].seq)
    fresh = _taken_back(connection, session, fresh, taken_back, limits)
    needed = blobs.needed(connection, contributor, fresh)
    named = frozenset(blobs.unnamed_of(connection, session, needed))
    return Plan(now, taken_back, fresh, named, differs)


def kept(session: str, lines: Sequence[Line], data: bytes) -> dict[str, Any]:
    """The columns of a frame."""
    return {
        "session_id": session,
        "first_seq": lines[0].seq,
        "last_seq": lines[-1].seq,
        "events": len(lines),
        "data": data,
    }


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


def _taken_back(
    connection: Connection, session: str, fresh: Sequence[Line], taken_back: Rewriting, limits: Limits
) -> Sequence[Line]:
    """New lines with what was taken back before they came."""
    if not taken_back.redactions:
        return fresh
    header = fresh[0].event
    units = header.position_encoding if isinstance(header, Session) else encoding(connection, session)
    raws = taken_back.rewritten([line.raw for line in fresh], fresh[0].seq, fresh[-1].seq, units)
    return reread(fresh, raws, session, limits)


def _check_room_for_session(connection: Connection, contributor: int, limits: Limits) -> None:
    count = select(func.count()).select_from(SessionRow).where(col(SessionRow.contributor_id) == contributor)
    have = connection.execute(count).scalar_one()
    if have >= limits.sessions_max:
        raise NoRoom("sessions_max", limits.sessions_max, f"you have {have} sessions")


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a stored frame."""
    return whole_lines(b"".join(inflate([data])))[0]


def is_plain(body: bytes) -> bool:
    """Whether a gzip member carries no name, comment or extra field beside its lines."""
    return body[_GZIP_FLAGS] == 0
