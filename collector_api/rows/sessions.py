"""The row of a session: how it begins, how lines change it, who may read it."""

from __future__ import annotations

from collections.abc import Sequence
from time import time
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    join,
    outerjoin,
    select,
    true,
    update,
)
from sqlmodel import col, func

from collector_api.database.tables import (
    Contributor,
    Keyframe,
    Member,
    RedactionRow,
    SessionRow,
    Study,
    Tombstone,
    VerdictRow,
    table_of,
)
from collector_api.lines.decoder import Line
from collector_api.problems import Erased, NoSession, NotOwner
from collector_api.rows import blobs, counters, search
from collector_api.rows.tokens import Principal
from pairlog import facts
from pairlog.consent import USES
from pairlog.events import Consent, End, Session
from pairlog.facts import Facts
from pairlog.moment import canonical, later
from pairlog.source import SessionInfo
from pairlog.source.wanted import Wanted

#: Made once, because every frame asks them.
_FIND = select(table_of(SessionRow)).where(col(SessionRow.id) == bindparam("session"))
#: What a frame that goes on needs to know: each column more takes its time.
_STANDING = (
    select(
        *(
            table_of(SessionRow).columns[name]
            for name in (
                *("id", "contributor_id", "started_at", "events", "acked", "complete", "use", "consent"),
                *("bytes", "redact_through", "languages", "has_tests", "has_completions", "lake_file_id"),
            )
        ),
        col(Contributor.bytes).label("used"),
        col(Contributor.erased_at).label("erased_at"),
    )
    .join(Contributor, col(Contributor.id) == col(SessionRow.contributor_id))
    .where(col(SessionRow.id).in_(bindparam("sessions", expanding=True)))
)

_MINE: BindParameter[int] = bindparam("contributor")
_BEGINNING = (
    select(
        col(Contributor.bytes).label("used"),
        col(Contributor.erased_at).label("erased_at"),
        select(func.count())
        .select_from(SessionRow)
        .where(col(SessionRow.contributor_id) == _MINE)
        .scalar_subquery()
        .label("sessions"),
        exists()
        .where(col(Tombstone.session_id) == bindparam("session"), col(Tombstone.first).is_(None))
        .label("gone"),
        select(func.max(col(RedactionRow.through)))
        .where(
            col(RedactionRow.session_id) == bindparam("session"), col(RedactionRow.contributor_id) == _MINE
        )
        .scalar_subquery()
        .label("reached"),
        col(Study.name).label("study"),
        col(Member.condition).label("condition"),
    )
    .select_from(
        outerjoin(
            table_of(Contributor),
            join(table_of(Member), table_of(Study), col(Study.id) == col(Member.study_id)),
            (col(Member.contributor_id) == col(Contributor.id)) & col(Member.left_at).is_(None),
        )
    )
    .where(col(Contributor.id) == _MINE)
    .limit(1)
)

_READABLE_USES = ("research", "public")
ANY = Wanted()


class _New(NamedTuple):
    """A session before its first line."""

    started_at: str
    use: str
    consent: str
    events: int = 0
    bytes: int = 0
    languages: str = ""
    has_tests: bool = False
    has_completions: bool = False


def find(connection: Connection, session: str) -> SessionRow | None:
    """The row of a session; None where there never was one. Raises Erased where there was."""
    found = connection.execute(_FIND, {"session": session}).one_or_none()
    if found is not None:
        return SessionRow(**found._mapping)
    if is_erased(connection, session):
        raise Erased(session)
    return None


def is_erased(connection: Connection, session: str) -> bool:
    """Whether a whole session was erased."""
    whole = (col(Tombstone.session_id) == session, col(Tombstone.first).is_(None))
    return connection.execute(select(col(Tombstone.id)).where(*whole)).first() is not None


def standing(connection: Connection, sessions: Sequence[str]) -> dict[str, Row[Any]]:
    """What there is of those of these sessions that are here, and their contributors' `used`, `erased_at`."""
    found: Any = connection.execute(_STANDING, {"sessions": sessions})
    return {row.id: row for row in found}


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
    if owns(row, reader):
        return row
    if reader.role == "researcher" and row.use in _READABLE_USES:
        return row
    if reader.role == "researcher":
        raise NotOwner(f"session {session} is for private use; only its contributor reads it")
    raise NotOwner(f"session {session} is another contributor's")


def owns(row: SessionRow, reader: Principal) -> bool:
    """Whether all about a session may be shown to this reader: to its contributor, and to an admin."""
    return reader.role == "admin" or row.contributor_id == reader.contributor


def erasable(connection: Connection, session: str, eraser: Principal) -> SessionRow:
    """The row of a session that this caller may erase. Raises NoSession, Erased or NotOwner."""
    row = find(connection, session)
    if row is None:
        raise NoSession(f"no session {session} is here")
    if not owns(row, eraser):
        raise NotOwner(f"session {session} is another contributor's")
    return row


def beginning(connection: Connection, session: str, contributor: int) -> Row[Any]:
    """What a session that is not here begins with: `used` and `erased_at` of its contributor, how many
    `sessions` they have, their `study` and `condition`; whether it is `gone`, and what it was `reached` by.
    """
    return connection.execute(_BEGINNING, {"session": session, "contributor": contributor}).one()


def begun(
    contributor: int,
    header: Session,
    lines: Sequence[Line],
    size: int,
    studied: tuple[str | None, str | None],
    change: int,
) -> dict[str, Any]:
    """The columns of a session that begins with these lines, in a study and a condition or in none."""
    new = _New(canonical(header.started_at), header.use, header.consent)
    return {
        "id": header.session,
        "contributor_id": contributor,
        **of_header(header),
        "started_at": new.started_at,
        "study": studied[0],
        "condition": studied[1],
        "revision": 0,
        "packed_through": -1,
        "lake_file_id": None,
        **continued(new, lines, size, change),
    }


def of_header(header: Session) -> dict[str, Any]:
    """The columns that say again what strings of the header say."""
    return {"project": storable(header.project), "editor": storable(" ".join(header.editor.values()))}


def storable(said: str | None) -> Any:
    """What a line says, as a column of text holds it: PostgreSQL keeps no NUL."""
    return said and said.replace("\0", "\ufffd")


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


def continued(
    row: SessionRow | Row[Any] | _New, lines: Sequence[Line], size: int, change: int
) -> dict[str, Any]:
    """The columns that these lines change; `change` is their number in the order of changes.

    The use in force is the narrowest of the session: a wider one never reaches back.
    """
    last = lines[-1]
    complete = isinstance(last.event, End)
    level, use = row.consent, row.use
    notable = [line.event for line in lines if line.event is not None]
    for event in notable:
        if isinstance(event, Consent):
            level = event.level
            use = min(use, event.use, key=list[str](USES).index)
    return {
        "ended_at": later(row.started_at, last.t) if complete else None,
        "events": row.events + len(lines),
        "last_seq": last.seq,
        "acked": last.next - 1,
        "complete": complete,
        "use": use,
        "consent": level,
        "bytes": row.bytes + size,
        "changed": change,
        "arrived_s": int(time()),
        **facts.of_events(notable, facts_of(row)).columns(),
    }


def facts_of(row: SessionRow | Row[Any] | _New) -> Facts:
    """What a session is known to hold."""
    return Facts(facts.split(row.languages), row.has_tests, row.has_completions)


def next_change(connection: Connection, count: int = 1) -> int:
    """The next number, or the first of so many, of the order in which sessions change."""
    return counters.take(connection, "changed", count)


def listed(
    connection: Connection,
    reader: Principal,
    changed_after: int | None = None,
    rows_max: int | None = None,
    wanted: Wanted = ANY,
) -> tuple[list[SessionInfo], int | None]:
    """The sessions that a reader may read, in the order of their last change, and where to go on.

    The second value is None where nothing is left.
    """
    question = _infos().where(_may_read(reader), *search.conditions(wanted))
    question = question.order_by(col(SessionRow.changed))
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


def everything(connection: Connection, wanted: Wanted = ANY) -> list[SessionInfo]:
    """All sessions that are wanted, the oldest first."""
    question = _infos().where(*search.conditions(wanted))
    question = question.order_by(col(SessionRow.started_at), col(SessionRow.id))
    return [_info(row) for row in connection.execute(question)]


def info(connection: Connection, session: str) -> SessionInfo:
    """The row of one session. Raises NoSession."""
    row = connection.execute(_infos().where(col(SessionRow.id) == session)).one_or_none()
    if row is None:
        raise NoSession(f"no session {session} is here")
    return _info(row)


def unjudged(connection: Connection, behind: str, rows_max: int) -> list[SessionInfo]:
    """Some complete sessions without a verdict, in the order of their ids, behind this one."""
    question = _infos().where(
        col(SessionRow.complete), col(VerdictRow.session_id).is_(None), col(SessionRow.id) > behind
    )
    return [_info(row) for row in connection.execute(question.order_by(col(SessionRow.id)).limit(rows_max))]


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
        languages=sorted(facts.split(row.languages)),
        has_tests=row.has_tests,
        has_completions=row.has_completions,
        study=row.study,
        condition=row.condition,
    )
