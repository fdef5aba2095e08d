"""Closed sessions go to a lake: written, read back, compared, and only then taken out of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlmodel import col, func

from collector_api.archiving import files as lake_files
from collector_api.database.tables import Blob, Frame, Keyframe, Named, SessionRow
from collector_api.lake.lines import LinesWriter
from collector_api.lake.place import Lake
from collector_api.problems import Erased, NoSession
from collector_api.rows import blobs, frames, sessions, verdicts
from collector_api.rows.archive import Database, Place
from pairlog.moment import later
from pairlog.source import SessionInfo

#: How much goes into one file: it is in memory as it is written, and is written anew for an erased session.
_EVENTS_MAX = 1_000_000
_BYTES_MAX = 64 * 1024 * 1024
#: How many sessions leave the store in one commit: whoever writes waits for it.
_AT_ONCE = 16


@dataclass
class Exported:
    """What an export did; `bytes` is the size of the hot copies that went."""

    sessions: int = 0
    files: int = 0
    events: int = 0
    bytes: int = 0
    changed: int = 0
    #: Files that still hold what was taken back, and why.
    stale: list[str] = field(default_factory=list)


class _Candidate(NamedTuple):
    day: str
    contributor: int
    session: str
    events: int
    size: int


@dataclass
class _Batch:
    """What one file is made of."""

    infos: list[SessionInfo] = field(default_factory=list)
    contents: dict[str, tuple[list[str], bytes]] = field(default_factory=dict)


def export(store: Database, lake: Lake, said: Callable[[Exported], None]) -> Exported:
    """Move all closed sessions to a lake; `said` is told after each file.

    Raises LakeError or NoStorage where that cannot go on; what was moved before stays moved.
    """
    done = Exported()
    done.stale = lake_files.sweep(store)
    with store.reading() as connection:
        candidates = sorted(_closed(connection))
    for day, of_day in groupby(candidates, lambda candidate: candidate.day):
        for some in _files(of_day):
            _export_file(store, lake, day, some, done)
            said(done)
    if done.changed:
        done.stale = lake_files.sweep(store)
    return done


def _closed(connection: Connection) -> Iterator[_Candidate]:
    contents = (
        select(col(Named.session_id), func.sum(func.length(col(Blob.data))).label("size"))
        .join(
            Blob,
            (col(Blob.contributor_id) == col(Named.contributor_id)) & (col(Blob.sha256) == col(Named.sha256)),
        )
        .join(SessionRow, col(SessionRow.id) == col(Named.session_id))
        .where(col(SessionRow.complete), col(SessionRow.lake_file_id).is_(None))
        .group_by(col(Named.session_id))
        .subquery()
    )
    question = (
        select(SessionRow, contents.c.size)
        .outerjoin(contents, contents.c.session_id == col(SessionRow.id))
        .where(col(SessionRow.complete), col(SessionRow.lake_file_id).is_(None))
    )
    for row in connection.execute(question):
        day = later(row.started_at, 0)[:10]
        yield _Candidate(day, row.contributor_id, row.id, row.events, row.bytes + int(row.size or 0))


def _files(candidates: Iterator[_Candidate]) -> Iterator[list[str]]:
    """The sessions of each file: as many as are not too much."""
    taken: list[str] = []
    events = size = 0
    for candidate in candidates:
        events, size = events + candidate.events, size + candidate.size
        if taken and (events > _EVENTS_MAX or size > _BYTES_MAX):
            yield taken
            taken, events, size = [], candidate.events, candidate.size
        taken.append(candidate.session)
    if taken:
        yield taken


def _export_file(store: Database, lake: Lake, day: str, wanted: list[str], done: Exported) -> None:
    batch, writer = _Batch(), LinesWriter()
    for session in wanted:
        with store.reading() as connection:
            _take(connection, session, batch, writer)
    if not batch.infos:
        return
    file = lake_files.write(store, lake, day, writer, batch.contents)
    changed = _check(store, lake, file, batch)
    moved = [info for info in batch.infos if info.session not in changed]
    for start in range(0, len(moved), _AT_ONCE):
        some = moved[start : start + _AT_ONCE]
        for info, size in store.written(lambda connection: _moved(connection, file, some)):  # noqa: B023
            if size is None:
                changed.add(info.session)
            else:
                done.sessions, done.events = done.sessions + 1, done.events + info.events
                done.bytes += size
    store.written(lambda connection: lake_files.set_ready(connection, file, bool(changed)))
    done.files += 1
    done.changed += len(changed)


def _take(connection: Connection, session: str, batch: _Batch, writer: LinesWriter) -> None:
    """Add a session, as it is now, to a file; one that was erased meanwhile is passed over."""
    try:
        info = sessions.info(connection, session)
        row = sessions.find(connection, session)
    except (NoSession, Erased):
        return
    if row is None or row.lake_file_id is not None:
        return
    verdict = verdicts.kept(connection, info) or verdicts.judge(connection, session)
    info = replace(info, verified=verdict.verified)
    writer.add(info, frames.lines_from(connection, session))
    batch.infos.append(info)
    for sha256 in sorted(blobs.named(connection, session)):
        if sha256 not in batch.contents:
            batch.contents[sha256] = ([], blobs.of_contributor(connection, row.contributor_id, sha256))
        batch.contents[sha256][0].append(session)


def _check(store: Database, lake: Lake, file: lake_files.Written, batch: _Batch) -> set[str]:
    """Compare a file with the store; returns the sessions that changed meanwhile. Raises LakeError."""
    written = Place(lake.address, file.name).open()
    lake_files.check_contents(lake, file.name, batch.contents)
    changed: set[str] = set()
    for info in batch.infos:
        with store.reading() as connection:
            if not _is_as(connection, info):
                changed.add(info.session)
                continue
            lake_files.check_lines(frames.lines_from(connection, info.session), written.lines(info.session))
    return changed


def _is_as(connection: Connection, info: SessionInfo) -> bool:
    """Whether a session is hot, and as this row of it says."""
    question = select(col(SessionRow.last_seq), col(SessionRow.revision), col(SessionRow.lake_file_id)).where(
        col(SessionRow.id) == info.session
    )
    found = connection.execute(question).one_or_none()
    return found is not None and tuple(found) == (info.last_seq, info.revision, None)


def _moved(
    connection: Connection, file: lake_files.Written, infos: list[SessionInfo]
) -> list[tuple[SessionInfo, int | None]]:
    """Take the frames of sessions out of the store; returns their bytes, None where a session has changed.

    Raises LakeError where the file was given up.
    """
    lake_files.hold(connection, file)
    return [(info, _move(connection, file.number, info)) for info in infos]


def _move(connection: Connection, number: int, info: SessionInfo) -> int | None:
    if not _is_as(connection, info):
        return None
    this = col(SessionRow.id) == info.session
    size, contributor = connection.execute(
        select(col(SessionRow.bytes), col(SessionRow.contributor_id)).where(this)
    ).one()
    for table in (Frame, Keyframe):
        connection.execute(delete(table).where(col(table.session_id) == info.session))
    connection.execute(update(SessionRow).where(this).values(lake_file_id=number, bytes=0))
    blobs.count(connection, contributor, -size)
    return int(size)
