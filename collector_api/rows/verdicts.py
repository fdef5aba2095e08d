"""What a replay of each session says, kept as long as the session stays as it is."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from collector_api.database.tables import SessionRow, VerdictRow
from collector_api.rows import blobs, frames, sessions
from collector_api.rows.sessions import storable
from pairlog.replay import Verdict, verify
from pairlog.source import SessionInfo


def kept(connection: Connection, info: SessionInfo) -> Verdict | None:
    """The verdict on a session as it is now; None where it was not checked since it changed."""
    question = select(VerdictRow).where(
        col(VerdictRow.session_id) == info.session,
        col(VerdictRow.last_seq) == info.last_seq,
        col(VerdictRow.revision) == info.revision,
    )
    row = connection.execute(question).one_or_none()
    return None if row is None else Verdict(row.saves, row.verified, row.first_bad_seq, row.reason)


def judge(connection: Connection, session: str) -> Verdict:
    """Replay a session and check every save."""
    return verify(
        frames.lines_from(connection, session), lambda sha256: blobs.of_session(connection, session, sha256)
    )


def keep(connection: Connection, info: SessionInfo, verdict: Verdict) -> None:
    """Keep the verdict on a session as `info` shows it, unless the session has changed or gone since."""
    question = select(col(SessionRow.last_seq), col(SessionRow.revision)).where(
        col(SessionRow.id) == info.session
    )
    found = connection.execute(question).one_or_none()
    if found is None or tuple(found) != (info.last_seq, info.revision) or kept(connection, info) is not None:
        return
    connection.execute(delete(VerdictRow).where(col(VerdictRow.session_id) == info.session))
    connection.execute(
        insert(VerdictRow).values(
            session_id=info.session,
            last_seq=info.last_seq,
            revision=info.revision,
            saves=verdict.saves,
            verified=verdict.verified,
            first_bad_seq=verdict.first_bad_seq,
            reason=storable(verdict.reason),
        )
    )
    if info.complete:
        # Whoever follows what changes and wants verified sessions saw it before it was one.
        changed = {"changed": sessions.next_change(connection)}
        connection.execute(update(SessionRow).where(col(SessionRow.id) == info.session).values(changed))
