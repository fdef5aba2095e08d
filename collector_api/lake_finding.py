"""A lake found again by a store that was put back: its files have changed since the backup."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from collector_api import blobs, lake_files, sessions, tokens
from collector_api.archive import CONTENTS, LINES, Database
from collector_api.lake.contents import ContentsFile
from collector_api.lake.lines import LinesFile
from collector_api.lake.place import Lake
from collector_api.tables import LakeFile, Named, SessionRow, Tombstone
from pairlog.facts import Facts
from pairlog.moment import now
from pairlog.source import SessionInfo


@dataclass
class Found:
    """How many sessions came back that the store did not know, and how many are nowhere."""

    adopted: int = 0
    lost: int = 0


class _File(NamedTuple):
    """A file of a lake: its sessions, and the contents that they name."""

    lake: str
    name: str
    infos: list[SessionInfo]
    contents: list[tuple[str, list[str], bytes]]


def find(store: Database, addresses: Iterable[str]) -> Found:
    """Read from the files that a lake has now; sessions that came there after the backup come back.

    Raises LakeError where a lake cannot be reached.
    """
    done = Found()
    for address in sorted(set(addresses)):
        lake = Lake(address)
        there = {path.removeprefix(f"{LINES}/") for path in lake.names(LINES)}
        with store.reading() as connection:
            rows = connection.execute(
                select(col(LakeFile.id), col(LakeFile.name)).where(col(LakeFile.lake) == address)
            )
            known = {name: number for number, name in rows if number is not None}
        missing: list[int] = [number for name, number in known.items() if name not in there]
        for name in sorted(there - known.keys()):
            infos = [entry.info for entry in LinesFile(lake.open(f"{LINES}/{name}")).entries.values()]
            path = f"{CONTENTS}/{name}"
            contents = list(ContentsFile(lake.open(path)).all()) if lake.has(path) else []
            file = _File(address, name, infos, contents)
            done.adopted += store.written(partial(_link, file=file, missing=missing))
        for number in missing:
            done.lost += store.written(partial(_unlink, number=number))
    lake_files.sweep(store)
    return done


def _link(connection: Connection, file: _File, missing: Container[int | None]) -> int:
    """Read from a file of the lake that the store does not know what is nowhere else; returns what is new."""
    values = {"lake": file.lake, "name": file.name, "at": now(), "ready": True, "stale": False}
    connection.execute(insert(LakeFile).values(values))
    number = connection.execute(select(col(LakeFile.id)).where(col(LakeFile.name) == file.name)).scalar_one()
    is_stale, adopted = False, 0
    for info in file.infos:
        this = col(SessionRow.id) == info.session
        found = connection.execute(select(SessionRow).where(this)).one_or_none()
        if found is not None and found.lake_file_id in missing and found.revision == info.revision:
            connection.execute(update(SessionRow).where(this).values(lake_file_id=number))
        elif found is None and not _is_erased(connection, info.session):
            _adopt(connection, number, info, file.contents)
            adopted += 1
        else:
            is_stale = True
    connection.execute(update(LakeFile).where(col(LakeFile.id) == number).values(stale=is_stale))
    return adopted


def _adopt(
    connection: Connection,
    number: int | None,
    info: SessionInfo,
    contents: list[tuple[str, list[str], bytes]],
) -> None:
    contributor = tokens.contributor_named(connection, info.contributor or "unknown")
    row = SessionRow(
        id=info.session,
        contributor_id=contributor,
        project=info.project,
        editor=info.editor,
        started_at=info.started_at,
        ended_at=info.ended_at,
        events=info.events,
        last_seq=info.last_seq,
        acked=info.last_seq,
        complete=info.complete,
        use=info.use,
        consent=info.consent,
        revision=info.revision,
        bytes=0,
        changed=sessions.next_change(connection),
        lake_file_id=number,
        study=info.study,
        condition=info.condition,
        **Facts(frozenset(info.languages), info.has_tests, info.has_completions).columns(),
    )
    connection.execute(insert(SessionRow).values(row.model_dump()))
    for sha256, named, data in contents:
        if info.session in named:
            blobs.keep(connection, contributor, data)
            values = {"session_id": info.session, "sha256": sha256, "contributor_id": contributor}
            connection.execute(insert(Named).values(values))


def _is_erased(connection: Connection, session: str) -> bool:
    stone = select(col(Tombstone.id)).where(col(Tombstone.session_id) == session)
    return connection.execute(stone).first() is not None


def _unlink(connection: Connection, number: int) -> int:
    """Give up a file that is not in the lake any more; returns how many sessions are in no other one."""
    question = select(SessionRow).where(col(SessionRow.lake_file_id) == number)
    rows = [SessionRow(**row._mapping) for row in connection.execute(question)]
    if not rows:
        connection.execute(delete(LakeFile).where(col(LakeFile.id) == number))
    return len(rows)
