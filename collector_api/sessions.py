"""The row of a session: how it begins, how lines change it, who may read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, true, update
from sqlmodel import col, func

from collector_api import blobs
from collector_api.decoder import Line
from collector_api.problems import BadLine, Erased, NoSession, NotOwner
from collector_api.tables import Contributor, Keyframe, SessionRow, Tombstone, VerdictRow
from collector_api.tokens import Principal
from pairlog.consent import USES
from pairlog.events import Consent, End, Session
from pairlog.moment import later
from pairlog.source import SessionInfo

_READABLE_USES = ("research", "public")


def find(connection: Connection, session: str) -> SessionRow | None:
    """The row of a session; None where there never was one. Raises Erased where there was."""
    found = connection.execute(select(SessionRow).where(col(SessionRow.id) == session)).one_or_none()
    if found is not None:
        return SessionRow(**found._mapping)
    erased = select(col(Tombstone.id)).where(col(Tombstone.session_id) == session)
    if connection.execute(erased).first() is not None:
        raise Erased(session)
    return None


def owned(connection: Connection, session: str, contributor: int) -> SessionRow | None:
    """The row of a session that this contributor writes; None where it is not known yet.

    Raises Erased or NotOwner.
    """
    row = find(connection, session)
    if row is not None and row.contributor_id != contributor:
        raise NotOwner(f"session {session} is another contributor's; a token writes its own sessions only")
    return row


def readable(connection: Connection, session: str, reader: Principal) -> SessionRow:
    """The row of a session that this reader may read. Raises NoSession, Erased or NotOwner."""
    row = find(connection, session)
    if row is None:
        raise NoSession(f"no session {session} is here")
    if reader.role == "admin" or row.contributor_id == reader.contributor:
        return row
    if reader.role == "researcher" and row.use in _READABLE_USES:
        return row
    if reader.role == "researcher":
        raise NotOwner(f"session {session} is for private use; only its contributor reads it")
    raise NotOwner(f"session {session} is another contributor's")


def erasable(connection: Connection, session: str, eraser: Principal) -> SessionRow:
    """The row of a session that this caller may erase. Raises NoSession, Erased or NotOwner."""
    row = find(connection, session)
    if row is None:
        raise NoSession(f"no session {session} is here")
    if eraser.role != "admin" and row.contributor_id != eraser.contributor:
        raise NotOwner(f"session {session} is another contributor's")
    return row


def begun(connection: Connection, contributor: int, lines: Sequence[Line], size: int) -> dict[str, Any]:
    """The columns of a session that begins with these lines. Raises BadLine where the first is no header."""
    header = lines[0].event
    if not isinstance(header, Session):
        raise BadLine(lines[0].seq, 0, "a session begins with its header, of type `session`")
    row = SessionRow(
        id=header.session,
        contributor_id=contributor,
        **of_header(header),
        started_at=header.started_at,
        ended_at=None,
        events=0,
        last_seq=0,
        acked=-1,
        complete=False,
        use=header.use,
        consent=header.consent,
        bytes=0,
        changed=0,
    )
    return {**row.model_dump(), **continued(connection, row, lines, size)}


def of_header(header: Session) -> dict[str, Any]:
    """The columns that say again what strings of the header say."""
    return {"project": header.project, "editor": " ".join(header.editor.values())}


def taken_back(connection: Connection, row: SessionRow, grown: int, changes: dict[str, Any]) -> None:
    """Note that something was taken back of a session, whose frames grew by so many bytes.

    Its verdict goes, which may name what was taken back, and so do its keyframes, which may hold it.
    """
    of_session = col(SessionRow.id) == row.id
    connection.execute(
        update(SessionRow)
        .where(of_session)
        .values(
            revision=row.revision + 1, changed=next_change(connection), bytes=row.bytes + grown, **changes
        )
    )
    blobs.count(connection, row.contributor_id, grown)
    for table in (VerdictRow, Keyframe):
        connection.execute(delete(table).where(col(table.session_id) == row.id))


def continued(connection: Connection, row: SessionRow, lines: Sequence[Line], size: int) -> dict[str, Any]:
    """The columns that these lines change.

    The use in force is the narrowest of the session: a wider one never reaches back.
    """
    last = lines[-1]
    complete = isinstance(last.event, End)
    level, use = row.consent, row.use
    for line in lines:
        if isinstance(line.event, Consent):
            level = line.event.level
            use = min(use, line.event.use, key=list[str](USES).index)
    return {
        "ended_at": later(row.started_at, last.t) if complete else None,
        "events": row.events + len(lines),
        "last_seq": last.seq,
        "acked": last.next - 1,
        "complete": complete,
        "use": use,
        "consent": level,
        "bytes": row.bytes + size,
        "changed": next_change(connection),
    }


def next_change(connection: Connection) -> int:
    """The next number of the order in which sessions change."""
    return (connection.execute(select(func.max(col(SessionRow.changed)))).scalar() or 0) + 1


def listed(
    connection: Connection, reader: Principal, changed_after: int | None = None, rows_max: int | None = None
) -> tuple[list[SessionInfo], int | None]:
    """The sessions that a reader may read, in the order of their last change, and where to go on.

    The second value is None where nothing is left.
    """
    question = _infos().where(_may_read(reader)).order_by(col(SessionRow.changed))
    if changed_after is not None:
        question = question.where(col(SessionRow.changed) > changed_after)
    if rows_max is not None:
        question = question.limit(rows_max + 1)
    found = connection.execute(question).all()
    shown = found[:rows_max]
    return [_info(row) for row in shown], shown[-1].changed if len(found) > len(shown) else None


def recent(connection: Connection, reader: Principal, skip: int, rows_max: int) -> list[SessionInfo]:
    """The sessions that a reader may read, the youngest first."""
    question = _infos().where(_may_read(reader))
    question = question.order_by(col(SessionRow.started_at).desc(), col(SessionRow.id).desc())
    return [_info(row) for row in connection.execute(question.offset(skip).limit(rows_max))]


def everything(connection: Connection) -> list[SessionInfo]:
    """All sessions, the oldest first."""
    question = _infos().order_by(col(SessionRow.started_at), col(SessionRow.id))
    return [_info(row) for row in connection.execute(question)]


def info(connection: Connection, session: str) -> SessionInfo:
    """The row of one session. Raises NoSession."""
    row = connection.execute(_infos().where(col(SessionRow.id) == session)).one_or_none()
    if row is None:
        raise NoSession(f"no session {session} is here")
    return _info(row)


def _may_read(reader: Principal) -> ColumnElement[bool]:
    if reader.role == "admin":
        return true()
    mine = col(SessionRow.contributor_id) == reader.contributor
    if reader.role == "researcher":
        return mine | col(SessionRow.use).in_(_READABLE_USES)
    return mine


def _infos() -> Any:
    in_force = (
        (col(VerdictRow.session_id) == col(SessionRow.id))
        & (col(VerdictRow.last_seq) == col(SessionRow.last_seq))
        & (col(VerdictRow.revision) == col(SessionRow.revision))
    )
    return (
        select(
            SessionRow, col(Contributor.name).label("contributor"), col(VerdictRow.verified).label("verified")
        )
        .join(Contributor, col(Contributor.id) == col(SessionRow.contributor_id))
        .outerjoin(VerdictRow, in_force)
    )


def _info(row: Row[Any]) -> SessionInfo:
    return SessionInfo(
        session=row.id,
        project=row.project,
        contributor=row.contributor,
        editor=row.editor,
        started_at=row.started_at,
        ended_at=row.ended_at,
        events=row.events,
        last_seq=row.last_seq,
        complete=row.complete,
        verified=row.verified,
        use=row.use,
        consent=row.consent,
        revision=row.revision,
    )
