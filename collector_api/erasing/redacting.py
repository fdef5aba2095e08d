"""A redaction applied to what is stored: only the frames that it touches are unpacked and packed again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, select, update
from sqlmodel import col

from collector_api.database.tables import Frame, SessionRow
from collector_api.limits import Limits
from collector_api.lines.decoder import Line, read_lines
from collector_api.lines.redactions import Redaction
from collector_api.lines.rewriting import Rewriting
from collector_api.problems import BadLine, BadRequest, ReplacementMissing
from collector_api.rows import archive, blobs, frames, ledger, sessions
from pairlog.blobs import named_blobs
from pairlog.events import Session
from pairlog.frame import pack


def redact(
    connection: Connection, session: str, contributor: int, redaction: Redaction, limits: Limits
) -> int:
    """Mask what a redaction names, now and in the lines that are still to come; returns the revision.

    A redaction that was taken before changes nothing. Raises the Problem that forbids it, before anything is
    written.
    """
    row = sessions.owned(connection, session, contributor)
    request = f"redaction {redaction.id}"
    done = ledger.revision_of(connection, session, contributor, request)
    if done is not None:
        return done
    ledger.check_room(connection, session, contributor, row, redaction, limits)
    redaction = ledger.forgetting(connection, session, contributor).reached(redaction)
    _check_replacements(connection, contributor, redaction)
    size = len(redaction.body())
    if row is None:
        # What is there is masked whatever room there is; what never comes must not fill the store.
        blobs.take_room(connection, contributor, size, limits)
    else:
        blobs.count(connection, contributor, size)
    revision = 0
    replaced = {old for old, _ in redaction.blobs}
    if row is not None:
        archive.check_hot(row)
        revision = row.revision + 1
        if replaced:
            replaced |= blobs.named(connection, session)
        grown = _rewrite(connection, row, redaction, limits)
        changes: dict[str, Any] = {"redact_through": max(row.redact_through, redaction.through)}
        if 0 in redaction.seqs:
            changes |= _of_header(connection, session, limits)
        sessions.taken_back(connection, row, grown, changes)
        if replaced:
            contents = partial(blobs.of_contributor, connection, contributor)
            names = set(named_blobs(frames.lines_from(connection, session), contents))
            blobs.name_anew(connection, session, contributor, names)
    blobs.give_back(connection, contributor, replaced)
    ledger.keep(connection, session, contributor, request, redaction, revision)
    return revision


def _check_replacements(connection: Connection, contributor: int, redaction: Redaction) -> None:
    wanted = {new for _, new in redaction.blobs}
    missing = wanted - blobs.present(connection, contributor, wanted)
    if missing:
        raise ReplacementMissing(min(missing))


def _rewrite(connection: Connection, row: SessionRow, redaction: Redaction, limits: Limits) -> int:
    """Mask the stored frames; returns by how many bytes they grew."""
    rewriting = Rewriting([redaction])
    encoding = frames.encoding(connection, row.id)
    grown = 0
    for first, last, data in _touched(connection, row, redaction):
        lines = frames.lines_of(data)
        masked = rewriting.rewritten(lines, first, last, encoding)
        if masked == lines:
            continue
        changed = [after for before, after in zip(lines, masked, strict=True) if before != after]
        blobs.needed(connection, row.contributor_id, _checked(changed, row.id, limits))
        packed = pack(masked)
        grown += len(packed) - len(data)
        this = (col(Frame.session_id) == row.id, col(Frame.first_seq) == first)
        connection.execute(update(Frame).where(*this).values(data=packed))
    return grown


def _touched(
    connection: Connection, row: SessionRow, redaction: Redaction
) -> Iterator[tuple[int, int, bytes]]:
    """The frames that a redaction may change, one at a time: all, where it replaces blobs."""
    seqs = sorted(redaction.seqs)
    question = select(col(Frame.first_seq), col(Frame.last_seq)).where(col(Frame.session_id) == row.id)
    for first, last in connection.execute(question.order_by(col(Frame.first_seq))).all():
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


def _of_header(connection: Connection, session: str, limits: Limits) -> dict[str, Any]:
    """The columns that say again what the header says."""
    first, _ = frames.some_from(connection, session, 0, 1)
    (line,) = _checked(frames.lines_of(first[0])[:1], session, limits)
    assert isinstance(line.event, Session)
    return sessions.of_header(line.event)
