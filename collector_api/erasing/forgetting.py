"""Lines of a session taken back in the store, and what they brought masked in the lines behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col, func

from collector_api.database.tables import Frame, SessionRow
from collector_api.erasing import erasure
from collector_api.limits import Limits
from collector_api.lines.decoder import last_of, seq_of
from collector_api.lines.redactions import SEQ_MAX, Minutes, Range, Redaction, Window
from collector_api.rows import archive, blobs, frames, ledger, sessions
from pairlog import facts, forgetting
from pairlog.blobs import named_blobs
from pairlog.events import Open
from pairlog.forgetting import Forgotten
from pairlog.frame import pack, parts
from pairlog.line import decode


@dataclass(frozen=True)
class Plan:
    """What becomes of a session whose state is `revision` and `acked`; worked out while others write.

    `first` and `last` are the seqs of the whole lines that the window reaches; `done` is None where it
    reaches none. `named` are the contents that the lines name then.
    """

    revision: int
    acked: int
    before: Sequence[bytes] = ()
    first: int = 0
    last: int = 0
    done: Forgotten | None = None
    named: frozenset[str] = frozenset()


class Answer(NamedTuple):
    """Where a session stands after a window of it was forgotten."""

    revision: int
    acked: int


def window_of(
    connection: Connection, session: str, contributor: int, minutes: Minutes
) -> tuple[Window | None, Answer]:
    """The stored lines of a time, None where there are none, and where the session stands.

    Raises Erased or NotOwner.
    """
    row = sessions.owned(connection, session, contributor)
    if row is None:
        return None, Answer(0, -1)
    found = forgetting.window(frames.lines_from(connection, session), minutes.since_ms, minutes.until_ms)
    return Window(*found) if found else None, Answer(row.revision, row.acked)


def plan(connection: Connection, session: str, contributor: int, window: Window) -> Plan:
    """Work out what forgetting a window does to what is stored. Raises Erased or NotOwner."""
    row = sessions.owned(connection, session, contributor)
    if row is None:
        return Plan(0, -1)
    if ledger.revision_of(connection, session, contributor, _request(window)) is not None:
        return Plan(row.revision, row.acked)
    before = list(frames.lines_from(connection, session))
    stretch = _stretch(before, row, window)
    if stretch is None:
        return Plan(row.revision, row.acked)
    first, last = stretch
    done = forgetting.forget(
        before, first, last, lambda sha256: blobs.of_session(connection, session, sha256), needs_rebase=True
    )
    # What stands in for a manifest is not stored yet.
    made = {hashlib.sha256(content).hexdigest(): content for content in done.blobs.values()}

    def content_of(sha256: str) -> bytes:
        return made[sha256] if sha256 in made else blobs.of_contributor(connection, contributor, sha256)

    named = frozenset(named_blobs(done.lines, content_of))
    return Plan(row.revision, row.acked, before, first, last, done, named)


def forget(
    connection: Connection, session: str, contributor: int, window: Window, plan: Plan, limits: Limits
) -> Answer | None:
    """Forget the lines of a window, also those that are still to come; None where the plan is outdated.

    A window that was forgotten before changes nothing. Raises the Problem that forbids it, before anything
    is written.
    """
    row = sessions.owned(connection, session, contributor)
    revision, acked = (0, -1) if row is None else (row.revision, row.acked)
    known = ledger.revision_of(connection, session, contributor, _request(window))
    if known is not None:
        return Answer(known, acked)
    if (revision, acked) != (plan.revision, plan.acked):
        return None
    ledger.check_room(connection, session, contributor, row, window, limits)
    made: list[Range] = []
    if row is None:
        blobs.take_room(connection, contributor, len(window.body()), limits)
    else:
        blobs.count(connection, contributor, len(window.body()))
        archive.check_hot(row)
        revision += 1
        if plan.done is not None:
            made = [_made(plan, plan.done)]
        _apply(connection, row, plan)
    ledger.keep(connection, session, contributor, _request(window), window, revision, made)
    erasure.bury(connection, session, contributor, made[0] if made else (window.first, window.through))
    if plan.done is not None and plan.done.blobs:
        # Lines that are still to come may name the old ones.
        request = f"blobs of {_request(window)}"
        replaced = Redaction(request, blobs=tuple(_replaced(plan.done)))
        blobs.count(connection, contributor, len(replaced.body()))
        ledger.keep(connection, session, contributor, request, replaced, revision)
    return Answer(revision, acked)


def _request(window: Window) -> str:
    return f"forget {window.first} {window.through}"


def _replaced(done: Forgotten) -> Iterator[tuple[str, str]]:
    for old, content in done.blobs.items():
        yield old, hashlib.sha256(content).hexdigest()


def _stretch(lines: Sequence[bytes], row: SessionRow, window: Window) -> Range | None:
    """The seqs of the whole lines that a window reaches, without the header and the end; None for no line."""
    kept_at_end = 1 if row.complete else 0
    reached = [
        line
        for line in lines[1 : len(lines) - kept_at_end]
        if seq_of(line) <= window.through and last_of(line) >= window.first
    ]
    return (seq_of(reached[0]), last_of(reached[-1])) if reached else None


def _apply(connection: Connection, row: SessionRow, plan: Plan) -> None:
    changes: dict[str, Any] = {"redact_through": SEQ_MAX}
    if plan.done is None:
        sessions.taken_back(connection, row, 0, changes)
        return
    lines = plan.done.lines
    named = blobs.named(connection, row.id)
    for content in plan.done.blobs.values():
        blobs.keep(connection, row.contributor_id, content)
    grown = _replace(connection, row.id, plan.first, lines)
    changes |= {"events": len(lines), "last_seq": seq_of(lines[-1]), **facts.of_lines(lines).columns()}
    sessions.taken_back(connection, row, grown, changes)
    blobs.name_anew(connection, row.id, row.contributor_id, plan.named)
    blobs.give_back(connection, row.contributor_id, named)


def _replace(connection: Connection, session: str, first: int, lines: Sequence[bytes]) -> int:
    """Store these lines in place of those from seq `first` on; returns by how many bytes the frames grew."""
    stale = (col(Frame.session_id) == session, col(Frame.last_seq) >= first)
    begin, freed = connection.execute(
        select(func.min(col(Frame.first_seq)), func.sum(func.length(col(Frame.data)))).where(*stale)
    ).one()
    connection.execute(delete(Frame).where(*stale))
    fresh = [line for line in lines if seq_of(line) >= begin]
    grown = -int(freed)
    for some in parts(fresh):
        data = pack(some)
        grown += len(data)
        connection.execute(
            insert(Frame).values(
                session_id=session,
                first_seq=seq_of(some[0]),
                last_seq=seq_of(some[-1]),
                events=len(some),
                data=data,
            )
        )
    return grown


def _made(plan: Plan, done: Forgotten) -> Range:
    """The range of seqs that stands in for the window, re-based documents included."""
    old = {seq_of(line): line for line in plan.before}
    last = plan.last
    for line in done.lines:
        seq = seq_of(line)
        if seq == last + 1 and old.get(seq) != line and _rebases(line) and not _rebases(old[seq]):
            last = seq
    return plan.first, last


def _rebases(line: bytes) -> bool:
    event = decode(line)
    return isinstance(event, Open) and event.why == "after_forget"
