"""A lake found again by a store that was put back: its files have changed since the backup."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import partial
from time import time
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from collector_api.archiving import files as lake_files
from collector_api.database import places
from collector_api.database.tables import LakeFile, Named, SessionRow
from collector_api.lake.contents import ContentsFile
from collector_api.lake.lines import LinesFile
from collector_api.lake.place import Lake, LakeError
from collector_api.rows import blobs, sessions, tokens
from collector_api.rows.archive import CONTENTS, LINES, Database
from pairlog.facts import Facts
from pairlog.source import SessionInfo


@dataclass
class Found:
    """How many sessions came back that the store did not know, and how many are nowhere.

    `unread` says what is wrong with lakes and files that cannot be read now; nothing of theirs is changed.
    """

    adopted: int = 0
    lost: int = 0
    unread: list[str] = field(default_factory=list)


class _File(NamedTuple):
    """A file of a lake: its sessions, and the contents that they name."""

    lake: str
    name: str
    infos: list[SessionInfo]
    contents: list[tuple[str, list[str], bytes]]


def find(store: Database, addresses: Iterable[str]) -> Found:
    """Read from the files that lakes have now; sessions that came there after the backup come back.

    A file that is in another lake than it was is read there; of two such lakes in the one named first.
    """
    done = Found()
    there: dict[str, str] = {}
    reached: set[str] = set()
    for address in dict.fromkeys(addresses):
        try:
            for path in Lake(address).names(LINES):
                there.setdefault(path.removeprefix(f"{LINES}/"), address)
        except LakeError as error:
            done.unread.append(f"{address}: {error}")
        else:
            reached.add(address)
    with store.reading() as connection:
        rows = connection.execute(select(col(LakeFile.id), col(LakeFile.name), col(LakeFile.lake))).all()
        known = {name: (number, places.whole(connection, lake)) for number, name, lake in rows}
    for name, (number, address) in known.items():
        if there.get(name, address) != address:
            store.written(partial(_readdress, number=number, address=there[name]))
    missing = [number for name, (number, lake) in known.items() if name not in there and lake in reached]
    for name in sorted(there.keys() - known.keys()):
        try:
            file = _read(there[name], name)
        except LakeError as error:
            done.unread.append(f"{there[name]}: {name}: {error}")
        else:
            done.adopted += store.written(partial(_link, file=file, missing=missing))
    for number in missing:
        done.lost += store.written(partial(_unlink, number=number))
    return done


def _read(address: str, name: str) -> _File:
    lake = Lake(address)
    infos = [entry.info for entry in LinesFile(lake.open(f"{LINES}/{name}")).entries.values()]
    path = f"{CONTENTS}/{name}"
    contents = list(ContentsFile(lake.open(path)).all()) if lake.has(path) else []
    return _File(address, name, infos, contents)


def _readdress(connection: Connection, number: int, address: str) -> None:
    this = col(LakeFile.id) == number
    connection.execute(update(LakeFile).where(this).values(lake=places.kept(connection, address)))


def _link(connection: Connection, file: _File, missing: Container[int | None]) -> int:
    """Read from a file of the lake that the store does not know what is nowhere else; returns what is new."""
    number = lake_files.inserted(connection, file.lake, file.name, is_ready=True)
    is_stale, adopted = False, 0
    for info in file.infos:
        this = col(SessionRow.id) == info.session
        found = connection.execute(select(SessionRow).where(this)).one_or_none()
        if found is not None and found.lake_file_id in missing and found.revision == info.revision:
            connection.execute(update(SessionRow).where(this).values(lake_file_id=number))
        elif found is None and not sessions.is_erased(connection, info.session):
            _adopt(connection, number, info, file.contents)
            adopted += 1
        else:
            is_stale = True
    connection.execute(update(LakeFile).where(col(LakeFile.id) == number).values(stale=is_stale))
    return adopted


def _adopt(
    connection: Connection,
    number: int,
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
        # Nobody knows any more.
        arrived_s=int(time()),
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


def _unlink(connection: Connection, number: int) -> int:
    """Give up a file that is not in the lake any more; returns how many sessions are in no other one."""
    question = select(SessionRow).where(col(SessionRow.lake_file_id) == number)
    rows = [SessionRow(**row._mapping) for row in connection.execute(question)]
    if not rows:
        connection.execute(delete(LakeFile).where(col(LakeFile.id) == number))
    return len(rows)
