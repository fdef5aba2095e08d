"""A frame that arrived is appended to its session whole, or not at all.

What becomes of it is cheap to find out, or is planned beside the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import col, func

from collector_api.database.tables import Frame, SessionRow, table_of
from collector_api.limits import Limits
from collector_api.lines.decoder import Line, seq_of
from collector_api.lines.intake import new_lines
from collector_api.lines.rewriting import Rewriting, reread
from collector_api.problems import BadLine, Ended, Hole, NoRoom, Problem
from collector_api.rows import archive, blobs, frames, ledger, sessions, studies
from collector_api.rows.standing import Standing, standing_of
from pairlog.events import Session
from pairlog.frame import pack

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


def columns_of(session: str, lines: Sequence[Line], data: bytes) -> dict[str, Any]:
    """The columns of a frame of these lines."""
    return frames.kept(session, lines[0].seq, lines[-1].seq, len(lines), data)


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
    as_it_came = fresh is lines and frames.is_plain(body)
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
    connection.execute(KEEP, columns_of(session, fresh, data))
    blobs.name(connection, session, contributor, plan.named)
    # A blob that was under way as it was replaced came before the first line that names it.
    dropped = blobs.give_back(connection, contributor, plan.taken_back.replaced)
    return Appended(fresh[-1].next - 1, dropped > 0, plan.differs, len(fresh), started_at)


def planned(connection: Connection, arrival: Arrival, limits: Limits) -> Arrival:
    """A frame with its plan. Raises Erased, NotOwner or InLake."""
    row = sessions.owned(connection, arrival.session, arrival.contributor)
    if row is not None:
        archive.check_hot(row)
    now = standing_of(connection, arrival.session, arrival.contributor, row)
    taken_back = _reaching(connection, arrival, now)
    try:
        plan = _worked_out(connection, arrival, now, taken_back, limits)
    except Problem as problem:
        plan = Plan(now, taken_back, refusal=problem)
    return arrival._replace(plan=plan)


def _plan(connection: Connection, arrival: Arrival, row: SessionRow | None, limits: Limits) -> Plan:
    """The plan of a frame, as the session stands now. Raises Unplanned where it has none and takes long."""
    now = standing_of(connection, arrival.session, arrival.contributor, row)
    if arrival.plan is not None and arrival.plan.standing == now:
        return arrival.plan
    if now.redact_through >= arrival.lines[0].seq or blobs.names_manifest(arrival.lines):
        raise Unplanned
    return _worked_out(connection, arrival, now, Rewriting(), limits)


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
        again = frames.between(connection, session, lines[0].seq, lines[-1].seq)
        stored = {seq_of(line): line for line in again}
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


def _taken_back(
    connection: Connection, session: str, fresh: Sequence[Line], taken_back: Rewriting, limits: Limits
) -> Sequence[Line]:
    """New lines with what was taken back before they came."""
    if not taken_back.redactions:
        return fresh
    header = fresh[0].event
    units = header.position_encoding if isinstance(header, Session) else frames.encoding(connection, session)
    raws = taken_back.rewritten([line.raw for line in fresh], fresh[0].seq, fresh[-1].seq, units)
    return reread(fresh, raws, session, limits)


def _check_room_for_session(connection: Connection, contributor: int, limits: Limits) -> None:
    count = select(func.count()).select_from(SessionRow).where(col(SessionRow.contributor_id) == contributor)
    have = connection.execute(count).scalar_one()
    if have >= limits.sessions_max:
        raise NoRoom("sessions_max", limits.sessions_max, f"you have {have} sessions")
