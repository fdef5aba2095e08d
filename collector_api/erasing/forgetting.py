"""Lines of a session taken back in the store, and what they brought masked in the lines behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
from collector_api.rows.standing import Standing, standing_of
from pairlog import facts, forgetting
from pairlog.blobs import named_blobs
from pairlog.events import Open
from pairlog.forgetting import Forgotten
from pairlog.frame import pack, parts
from pairlog.line import decode


@dataclass(frozen=True)
class Plan:
    """What forgetting a window does to a session that stands so; worked out while others write.

    `change` is None where the window reaches no stored line.
    """

    standing: Standing
    change: _Change | None = None


@dataclass(frozen=True)
class _Change:
    """What becomes of the frames from the line with seq `begin` on.

    `frames` are their columns, `columns` those of the session, `named` the contents that it names then;
    `made` is the range of seqs that stands in for the window, `contents` stand in for named ones.
    """

    begin: int
    frames: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Any]
    named: frozenset[str]
    made: Range
    contents: Mapping[str, bytes]


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


def forget(connection: Connection, session: str, contributor: int, window: Window, limits: Limits) -> Answer:
    """Plan it, and carry it out, at once. Raises as both do."""
    planned = plan(connection, session, contributor, window, limits)
    answer = carry_out(connection, session, contributor, window, planned, limits)
    assert answer is not None
    return answer


def plan(connection: Connection, session: str, contributor: int, window: Window, limits: Limits) -> Plan:
    """Work out what forgetting a window does to what is stored.

    Raises the Problem that forbids it; InLake.
    """
    row = sessions.owned(connection, session, contributor)
    standing = standing_of(connection, session, contributor, row)
    if row is None or ledger.revision_of(connection, session, contributor, _request(window)) is not None:
        return Plan(standing)
    ledger.check_room(connection, session, contributor, row, window, limits)
    archive.check_hot(row)
    before = list(frames.lines_from(connection, session))
    stretch = _stretch(before, row, window)
    return Plan(standing, None if stretch is None else _change(connection, row, before, *stretch))


def carry_out(
    connection: Connection, session: str, contributor: int, window: Window, plan: Plan, limits: Limits
) -> Answer | None:
    """Forget the lines of a window, also those that are still to come; None where the plan is outdated.

    A window that was forgotten before changes nothing. Raises the Problem that forbids it, before anything
    is written; InLake.
    """
    row = sessions.owned(connection, session, contributor)
    revision, acked = (0, -1) if row is None else (row.revision, row.acked)
    known = ledger.revision_of(connection, session, contributor, _request(window))
    if known is not None:
        return Answer(known, acked)
    ledger.check_room(connection, session, contributor, row, window, limits)
    if row is not None:
        archive.check_hot(row)
    if not _holds(connection, session, contributor, row, plan):
        return None
    if row is None:
        blobs.take_room(connection, contributor, len(window.body()), limits)
    else:
        blobs.count(connection, contributor, len(window.body()))
        revision += 1
        _apply(connection, row, plan.change)
    made = [] if plan.change is None else [plan.change.made]
    ledger.keep(connection, session, contributor, _request(window), window, revision, made)
    erasure.bury(connection, session, contributor, made[0] if made else (window.first, window.through))
    if plan.change is not None and plan.change.contents:
        # Lines that are still to come may name the old ones.
        request = f"blobs of {_request(window)}"
        replaced = Redaction(request, blobs=tuple(_replaced(plan.change.contents)))
        blobs.count(connection, contributor, len(replaced.body()))
        ledger.keep(connection, session, contributor, request, replaced, revision)
    return Answer(revision, acked)


def _holds(
    connection: Connection, session: str, contributor: int, row: SessionRow | None, plan: Plan
) -> bool:
    """Whether a plan says what would be worked out now: frames may have been packed together meanwhile."""
    if standing_of(connection, session, contributor, row) != plan.standing:
        return False
    change = plan.change
    return change is None or any(first == change.begin for first, _ in frames.ranges(connection, session))


def _change(connection: Connection, row: SessionRow, before: list[bytes], first: int, last: int) -> _Change:
    """What becomes of a session that loses the whole lines with seqs from `first` to `last`."""
    done = forgetting.forget(
        before, first, last, lambda sha256: blobs.of_session(connection, row.id, sha256), needs_rebase=True
    )
    # What stands in for a manifest is not stored yet.
    stand_ins = {hashlib.sha256(content).hexdigest(): content for content in done.blobs.values()}

    def content_of(sha256: str) -> bytes:
        if sha256 in stand_ins:
            return stand_ins[sha256]
        return blobs.of_contributor(connection, row.contributor_id, sha256)

    begin = max(it for it, _ in frames.ranges(connection, row.id) if it <= first)
    fresh = [line for line in done.lines if seq_of(line) >= begin]
    return _Change(
        begin,
        [_columns(row.id, some) for some in parts(fresh)],
        {
            "events": len(done.lines),
            "last_seq": seq_of(done.lines[-1]),
            **facts.of_lines(done.lines).columns(),
        },
        frozenset(named_blobs(done.lines, content_of)),
        _made(before, done, first, last),
        done.blobs,
    )


def _columns(session: str, lines: Sequence[bytes]) -> dict[str, Any]:
    return frames.kept(session, seq_of(lines[0]), seq_of(lines[-1]), len(lines), pack(lines))


def _request(window: Window) -> str:
    return f"forget {window.first} {window.through}"


def _replaced(contents: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for old, content in contents.items():
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


def _apply(connection: Connection, row: SessionRow, change: _Change | None) -> None:
    reached = {"redact_through": SEQ_MAX}
    if change is None:
        sessions.taken_back(connection, row, 0, reached)
        return
    for content in change.contents.values():
        blobs.keep(connection, row.contributor_id, content)
    grown = _replace(connection, row.id, change)
    sessions.taken_back(connection, row, grown, {**reached, **change.columns})
    gone = blobs.name_anew(connection, row.id, row.contributor_id, change.named)
    blobs.give_back(connection, row.contributor_id, gone)


def _replace(connection: Connection, session: str, change: _Change) -> int:
    """Store the frames of a change in place of those there; returns by how many bytes they grew."""
    stale = (col(Frame.session_id) == session, col(Frame.first_seq) >= change.begin)
    freed = connection.execute(select(func.sum(func.length(col(Frame.data)))).where(*stale)).scalar_one()
    connection.execute(delete(Frame).where(*stale))
    connection.execute(insert(Frame), change.frames)
    return sum(len(it["data"]) for it in change.frames) - int(freed)


def _made(before: Sequence[bytes], done: Forgotten, first: int, last: int) -> Range:
    """The range of seqs that stands in for the window, re-based documents included."""
    old = {seq_of(line): line for line in before}
    for line in done.lines:
        seq = seq_of(line)
        if seq == last + 1 and old.get(seq) != line and _rebases(line) and not _rebases(old[seq]):
            last = seq
    return first, last


def _rebases(line: bytes) -> bool:
    event = decode(line)
    return isinstance(event, Open) and event.why == "after_forget"
