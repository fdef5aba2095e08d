"""The last look at a store: each line once and whole, every count right, and nothing left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from collector_api.database.database import database_at
from pairlog.replay import verify
from pairlog.source import Source, open_source
from tests.soak.collector.writer import Sent
from tests.support.processes import pairlog

#: What is in the folder of a store that nobody serves; `wal` and `shm` where one was killed last.
_FILES = {"pairlog.db", "pairlog.db.lock", "export-pairlog.db.lock", "pairlog.db-wal", "pairlog.db-shm"}
#: Rows without the session that they belong to.
_STRANGERS = "SELECT count(*) FROM {} WHERE session_id NOT IN (SELECT id FROM session)"
_UNNAMED = """SELECT sha256 FROM blob WHERE NOT EXISTS
    (SELECT 1 FROM named WHERE named.sha256 = blob.sha256 AND named.contributor_id = blob.contributor_id)"""
_FRAMES = "SELECT session_id, first_seq, last_seq, events, length(data) FROM frame ORDER BY 1, 2"
_SESSIONS = "SELECT id, last_seq, events, bytes, lake_file_id FROM session"


def check(address: str, data: Path, lake: Path, sent: Sequence[Sent], counts: Counter[str]) -> list[str]:
    """What is wrong with the store at `address`, and with the lake; `counts` are told what there is."""
    # One that came when its session had just expired is named by no line, and stays a day.
    late = {
        sha256(content).hexdigest()
        for it in sent
        if it.script.fate == "expired"
        for content in it.script.blobs.values()
    }
    with open_source(address) as source:
        problems = list(_sessions(source, sent, counts))
    store = database_at(address).open_writing()
    with store.begin() as connection:
        problems += _rows(connection, late, counts)
        # What an export left that was killed is given up an hour later.
        connection.exec_driver_sql("UPDATE lake_file SET at = '2026-01-01T00:00:00.000Z' WHERE NOT ready")
    store.dispose()
    if problems:
        return problems
    words = ("--database-url", address) if address.startswith("postgresql") else ("--data", str(data))
    pairlog("lake", "export", "--to", str(lake), *words)
    with open_source(address) as source:
        problems += [f"behind the last export: {it}" for it in _sessions(source, sent, Counter())]
    with store.begin() as connection:
        known = set(connection.exec_driver_sql("SELECT name FROM lake_file").scalars())
        problems += _rows(connection, late, Counter())
    store.dispose()
    return [*problems, *_files(data, lake, known)]


def _sessions(source: Source, sent: Sequence[Sent], counts: Counter[str]) -> Iterator[str]:
    """Every session that was not erased is there with all its lines, and no other one is."""
    rows = {row.session: row for row in source.sessions()}
    for it in sent:
        script = it.script
        row = rows.pop(script.session, None)
        name = f"session {script.session} ({script.fate})"
        if it.erased or row is None:
            if row is not None:
                yield f"{name} was erased, and is there"
            elif not it.erased and script.fate != "expired":
                yield f"{name} is lost"
            counts["sessions erased"] += 1
            continue
        lines = list(source.lines(script.session))
        counts["sessions"] += 1
        counts["lines"] += len(lines)
        if found := script.problem(lines, len(script.lines) - 1, it.taken_back):
            yield f"{name}: {found}"
        verdict = verify(lines, lambda digest: source.blob(script.session, digest))  # noqa: B023
        if verdict.verified is False or row.verified is False or not row.complete:
            yield f"{name} is {row}, and a replay says {verdict}"
        for content in script.blobs.values():
            if source.blob(script.session, sha256(content).hexdigest()) != content:
                yield f"{name} has another content than it should"
    if rows:
        yield f"nobody sent {sorted(rows)}"


def _rows(connection: Connection, late: set[str], counts: Counter[str]) -> Iterator[str]:
    """What the tables say fits together; `late` are contents that may be there without a name."""

    def one(question: str) -> Any:
        return connection.exec_driver_sql(question).scalar_one()

    if connection.dialect.name == "sqlite":
        for pragma in ("integrity_check", "foreign_key_check"):
            found = connection.exec_driver_sql(f"PRAGMA {pragma}").all()
            if [tuple(row) for row in found] not in ([], [("ok",)]):
                yield f"{pragma} says {found[:5]}"
    for table in ("frame", "keyframe", "named", "verdict", "redaction"):
        if strangers := one(_STRANGERS.format(table)):
            yield f"{strangers} rows of {table} belong to no session"
    if unnamed := set(connection.exec_driver_sql(_UNNAMED).scalars()) - late:
        yield f"{len(unnamed)} contents are named by no session"
    frames: dict[str, list[Any]] = {}
    for row in connection.exec_driver_sql(_FRAMES):
        frames.setdefault(row[0], []).append(row)
    size = 0
    for session, last_seq, events, held, in_lake in connection.exec_driver_sql(_SESSIONS):
        its = frames.pop(session, [])
        follow = all(a.last_seq < b.first_seq for a, b in pairwise(its))
        total = sum(frame.events for frame in its)
        said = (last_seq, events, held) if in_lake is None else ([], 0, 0)
        there = (its[-1].last_seq if its else [], total, sum(frame[4] for frame in its))
        if not follow or there != said:
            yield f"session {session} has frames {its}, and its row says {said}"
        size += held
        counts["sessions in the lake"] += in_lake is not None
        counts["frames"] += len(its)
    size += one("SELECT coalesce(sum(length(data)), 0) FROM blob")
    size += one("SELECT coalesce(sum(length(body)), 0) FROM redaction")
    if (counted := one("SELECT sum(bytes) FROM contributor")) != size:
        yield f"{counted} bytes are counted, {size} are kept"


def _files(data: Path, lake: Path, known: set[str]) -> Iterator[str]:
    """No file that nobody needs is in the folders."""
    if data.is_dir() and (strange := {path.name for path in data.iterdir()} - _FILES):
        yield f"left beside the store: {sorted(strange)}"
    there = {
        path.relative_to(lake / kind).as_posix()
        for kind in ("lines", "contents")
        for path in (lake / kind).rglob("*")
        if path.is_file()
    }
    if there != known:
        yield f"left in the lake: {sorted(there - known)}; missing there: {sorted(known - there)}"
