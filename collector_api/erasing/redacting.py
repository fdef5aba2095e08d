"""A redaction applied to what is stored: only the frames that it touches are unpacked and packed again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update
from sqlmodel import col

from collector_api.database.tables import Frame, SessionRow
from collector_api.limits import Limits
from collector_api.lines.decoder import Line, read_lines
from collector_api.lines.redactions import Redaction
from collector_api.lines.rewriting import Rewriting
from collector_api.problems import BadLine, BadRequest, ReplacementMissing
from collector_api.rows import archive, blobs, frames, ledger, sessions
from collector_api.rows.standing import Standing, standing_of
from pairlog.blobs import may_name, named_blobs
from pairlog.events import Session
from pairlog.frame import pack


@dataclass(frozen=True)
class Plan:
    """What a redaction does to a session that stands so; worked out while others write.

    `reached` is what it says of lines that stand, `frames` the masked frames, `named` the contents that the
    session names then, None where it names the same; `header` are the columns that say again what the header
    says.
    """

    standing: Standing
    reached: Redaction
    frames: Sequence[_Masked] = ()
    named: frozenset[str] | None = None
    header: Mapping[str, Any] = field(default_factory=dict)


class _Masked(NamedTuple):
    first: int
    last: int
    data: bytes


def redact(
    connection: Connection, session: str, contributor: int, redaction: Redaction, limits: Limits
) -> int:
    """Plan it, and carry it out, at once; returns the revision. Raises as both do."""
    planned = plan(connection, session, contributor, redaction, limits)
    revision = carry_out(connection, session, contributor, redaction, planned, limits)
    assert revision is not None
    return revision


def plan(
    connection: Connection, session: str, contributor: int, redaction: Redaction, limits: Limits
) -> Plan:
    """Work out what a redaction does to what is stored. Raises the Problem that forbids it; InLake."""
    row = sessions.owned(connection, session, contributor)
    standing = standing_of(connection, session, contributor, row)
    if ledger.revision_of(connection, session, contributor, _request(redaction)) is not None:
        return Plan(standing, redaction)
    ledger.check_room(connection, session, contributor, row, redaction, limits)
    reached = ledger.forgetting(connection, session, contributor).reached(redaction)
    _check_replacements(connection, contributor, reached)
    if row is None:
        return Plan(standing, reached)
    archive.check_hot(row)
    masked, naming = _masked(connection, row, reached, limits)
    header: dict[str, Any] = {}
    if masked and masked[0].first == 0 and 0 in reached.seqs:
        header = _of_header(frames.lines_of(masked[0].data)[0], session, limits)
    if not (masked and reached.blobs):
        return Plan(standing, reached, masked, None, header)
    contents = partial(blobs.of_contributor, connection, contributor)
    return Plan(standing, reached, masked, frozenset(named_blobs(naming, contents)), header)


def carry_out(
    connection: Connection, session: str, contributor: int, redaction: Redaction, plan: Plan, limits: Limits
) -> int | None:
    """Mask what a redaction names, now and in the lines that are still to come; returns the revision.

    None where the plan is outdated. A redaction that was taken before changes nothing. Raises the Problem
    that forbids it, before anything is written; InLake.
    """
    row = sessions.owned(connection, session, contributor)
    done = ledger.revision_of(connection, session, contributor, _request(redaction))
    if done is not None:
        return done
    ledger.check_room(connection, session, contributor, row, redaction, limits)
    if row is not None:
        archive.check_hot(row)
    if not _holds(connection, session, contributor, row, plan):
        return None
    size = len(plan.reached.body())
    replaced = {old for old, _ in plan.reached.blobs}
    if row is None:
        # What is there is masked whatever room there is; what never comes must not fill the store.
        blobs.take_room(connection, contributor, size, limits)
        revision = 0
    else:
        blobs.count(connection, contributor, size)
        revision = row.revision + 1
        replaced |= _apply(connection, row, plan)
    blobs.give_back(connection, contributor, replaced)
    ledger.keep(connection, session, contributor, _request(redaction), plan.reached, revision)
    return revision


def _request(redaction: Redaction) -> str:
    return f"redaction {redaction.id}"


def _holds(
    connection: Connection, session: str, contributor: int, row: SessionRow | None, plan: Plan
) -> bool:
    """Whether a plan says what would be worked out now."""
    if standing_of(connection, session, contributor, row) != plan.standing:
        return False
    # Frames may have been packed together meanwhile, and contents may have gone.
    if not {(it.first, it.last) for it in plan.frames} <= frames.ranges(connection, session):
        return False
    new = {new for _, new in plan.reached.blobs}
    if plan.named is not None:
        new |= plan.named - blobs.named(connection, session)
    return new <= blobs.present(connection, contributor, new)


def _apply(connection: Connection, row: SessionRow, plan: Plan) -> set[str]:
    """Store what was masked; returns the contents that the session names no more."""
    # A frame that was packed anew by itself has another size than it had for the plan.
    before = frames.size(connection, row.id)
    for it in plan.frames:
        this = (col(Frame.session_id) == row.id, col(Frame.first_seq) == it.first)
        connection.execute(update(Frame).where(*this).values(data=it.data))
    changes = {"redact_through": max(row.redact_through, plan.reached.through), **plan.header}
    sessions.taken_back(connection, row, frames.size(connection, row.id) - before, changes)
    if plan.named is None:
        return set()
    return blobs.name_anew(connection, row.id, row.contributor_id, plan.named)


def _check_replacements(connection: Connection, contributor: int, redaction: Redaction) -> None:
    wanted = {new for _, new in redaction.blobs}
    missing = wanted - blobs.present(connection, contributor, wanted)
    if missing:
        raise ReplacementMissing(min(missing))


def _masked(
    connection: Connection, row: SessionRow, redaction: Redaction, limits: Limits
) -> tuple[list[_Masked], list[bytes]]:
    """The frames that a redaction changes, and the lines that may name a content of all that it looks at."""
    rewriting = Rewriting([redaction])
    encoding = frames.encoding(connection, row.id)
    changed: list[_Masked] = []
    naming: list[bytes] = []
    for first, last, data in _touched(connection, row, redaction):
        lines = frames.lines_of(data)
        masked = rewriting.rewritten(lines, first, last, encoding)
        naming += filter(may_name, masked)
        if masked == lines:
            continue
        others = [after for before, after in zip(lines, masked, strict=True) if before != after]
        blobs.needed(connection, row.contributor_id, _checked(others, row.id, limits))
        changed.append(_Masked(first, last, pack(masked)))
    return changed, naming


def _touched(
    connection: Connection, row: SessionRow, redaction: Redaction
) -> Iterator[tuple[int, int, bytes]]:
    """The frames that a redaction may change, one at a time: all, where it replaces blobs."""
    seqs = sorted(redaction.seqs)
    for first, last in sorted(frames.ranges(connection, row.id)):
        place = bisect_left(seqs, first)
        if redaction.blobs or (place < len(seqs) and seqs[place] <= last):
            this = (col(Frame.session_id) == row.id, col(Frame.first_seq) == first)
            yield first, last, connection.execute(select(col(Frame.data)).where(*this)).scalar_one()


def _checked(lines: Sequence[bytes], session: str, limits: Limits) -> list[Line]:
    try:
        return read_lines(lines, session, limits)
    except BadLine as error:
        seq, reason = error.members["seq"], error.members["reason"]
        raise BadRequest(
            f"spans: masked so, the line with seq {seq} is no event any more: {reason}; name text alone"
        ) from None


def _of_header(line: bytes, session: str, limits: Limits) -> dict[str, Any]:
    """The columns that say again what the header says."""
    (header,) = _checked([line], session, limits)
    assert isinstance(header.event, Session)
    return sessions.of_header(header.event)
