"""Files of a lake: written whole, compared with what they should hold, written anew without what must go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col, or_

from collector_api.database import places
from collector_api.database.tables import LakeFile, SessionRow
from collector_api.lake.contents import ContentsFile, ContentsWriter
from collector_api.lake.lines import LinesFile, LinesWriter
from collector_api.lake.place import Lake, LakeError, new_name
from collector_api.rows import counters
from collector_api.rows.archive import CONTENTS, LINES, Database
from pairlog import moment

#: A file that is not ready by then was left by a process that died.
_READY_AFTER = timedelta(hours=1)
#: In place of a moment, in the row of one that is deleted next.
_GIVEN_UP = ""
_ASK_MAX = 500
_ROUNDS_MAX = 5

#: For each content its sessions and its bytes, by its hash.
Contents = Mapping[str, tuple[list[str], bytes]]


class Written(NamedTuple):
    """A file of a lake that is not ready yet: its number, and its name there."""

    number: int
    name: str


def write(store: Database, lake: Lake, day: str, lines: LinesWriter, contents: Contents) -> Written:
    """Write a file of a lake, not ready yet. Raises LakeError."""
    name = new_name(day)
    number = store.written(lambda connection: inserted(connection, lake.address, name))
    lake.put(f"{LINES}/{name}", lines.finish())
    if contents:
        writer = ContentsWriter()
        for sha256, (sessions, data) in sorted(contents.items()):
            writer.add(sha256, sessions, data)
        lake.put(f"{CONTENTS}/{name}", writer.finish())
    file = Written(number, name)
    try:
        store.written(lambda connection: hold(connection, file))
    except LakeError:
        # Whoever gave it up had nothing to delete yet.
        _remove(lake, name)
        raise
    return file


def inserted(connection: Connection, address: str, name: str, *, is_ready: bool = False) -> int:
    """The number of a file from now on; no file had it before."""
    number = counters.take(connection, "lake_file")
    lake = places.kept(connection, address)
    row = LakeFile(id=number, lake=lake, name=name, at=moment.now(), ready=is_ready)
    connection.execute(insert(LakeFile).values(row.model_dump()))
    return number


def check_lines(written: Iterable[bytes], read: Iterable[bytes]) -> None:
    """Raises LakeError where a file does not give back what was written to it, byte for byte."""
    if any(one != other for one, other in zip_longest(written, read)):
        raise LakeError("a file did not read back as it was written; nothing was removed from the store")


def check_contents(lake: Lake, name: str, contents: Contents) -> None:
    """Raises LakeError where the contents beside a file are not these."""
    found = dict(_contents(lake, name)) if contents else {}
    same = found.keys() == contents.keys() and all(
        sorted(found[sha256][0]) == sorted(contents[sha256][0])
        and hashlib.sha256(found[sha256][1]).hexdigest() == sha256
        for sha256 in found
    )
    if not same:
        raise LakeError("contents did not read back as they were written; nothing was removed from the store")


def hold(connection: Connection, file: Written) -> None:
    """Note that a file is still being written. Raises LakeError where it was given up."""
    _change(connection, file, {"at": moment.now()})


def set_ready(connection: Connection, file: Written, is_stale: bool) -> None:
    """Note that a file is whole; `is_stale`: it holds a session that is not its own.

    Raises LakeError where it was given up.
    """
    _change(connection, file, {"ready": True, "stale": True} if is_stale else {"ready": True})


def _change(connection: Connection, file: Written, values: dict[str, Any]) -> None:
    this = (col(LakeFile.id) == file.number, col(LakeFile.name) == file.name, col(LakeFile.at) != _GIVEN_UP)
    if connection.execute(update(LakeFile).where(*this).values(values)).rowcount == 0:
        raise LakeError("a file took too long to be written and was given up; try again")


def sweep(store: Database) -> list[str]:
    """Write each file that holds too much anew, and delete what nothing needs.

    Returns what is wrong with those of which that cannot be done now; a later call tries them again.
    """
    failed: dict[int, str] = {}
    abandoned = moment.write(datetime.now(timezone.utc) - _READY_AFTER)
    question = select(LakeFile).where(
        or_(
            col(LakeFile.ready) & col(LakeFile.stale),
            ~col(LakeFile.ready) & (col(LakeFile.at) < abandoned),
        )
    )
    # What is erased meanwhile makes a new file stale too.
    for _ in range(_ROUNDS_MAX):
        with store.reading() as connection:
            found = [LakeFile(**row._mapping) for row in connection.execute(question)]
            lakes = {file.lake: places.whole(connection, file.lake) for file in found}
        waiting = [file for file in found if file.id not in failed]
        if not waiting:
            break
        away = {lake: why for lake, address in lakes.items() if (why := _trouble(address))}
        for file in waiting:
            try:
                if file.lake in away:
                    raise LakeError(away[file.lake])
                _without_strangers(store, Lake(lakes[file.lake]), file)
            except LakeError as error:
                failed[file.id] = f"{lakes[file.lake]}: {file.name}: {error}"
    return list(failed.values())


def _trouble(address: str) -> str | None:
    """Why a lake cannot be reached: asked once, and not for each of its files."""
    try:
        Lake(address).has(LINES)
    except LakeError as error:
        return str(error)
    return None


def _without_strangers(store: Database, lake: Lake, file: LakeFile) -> None:
    with store.reading() as connection:
        own = sorted(connection.execute(_sessions_in(file.id)).scalars())
    if own:
        _move(store, lake, file, own)
    if not store.written(lambda connection: _given_up(connection, file)):
        return
    _remove(lake, file.name)
    store.written(lambda connection: connection.execute(delete(LakeFile).where(col(LakeFile.id) == file.id)))


def _remove(lake: Lake, name: str) -> None:
    lake.delete(f"{LINES}/{name}")
    lake.delete(f"{CONTENTS}/{name}")


def _given_up(connection: Connection, file: LakeFile) -> bool:
    """Let no session come into a file any more; False where one is there, or whoever writes it still does."""
    unused = ~_sessions_in(file.id).exists()
    this = (col(LakeFile.id) == file.id, col(LakeFile.at) == file.at, unused)
    return connection.execute(update(LakeFile).where(*this).values(at=_GIVEN_UP)).rowcount > 0


def _move(store: Database, lake: Lake, file: LakeFile, own: list[str]) -> None:
    """Write the sessions that are a file's own to another one, and read them from there from now on."""
    old = LinesFile(lake.open(f"{LINES}/{file.name}"))
    writer = LinesWriter()
    lost = [session for session in own if session not in old.entries]
    if lost:
        raise LakeError(f"session {lost[0]} is not in this file")
    for session in own:
        writer.add(old.entries[session].info, old.lines(session))
    wanted = set(own)
    contents = {
        sha256: (kept, data)
        for sha256, (sessions, data) in _contents(lake, file.name)
        if (kept := [session for session in sessions if session in wanted])
    }
    day = file.name.partition("/")[0].removeprefix("day=")
    fresh = write(store, lake, day, writer, contents)
    new = LinesFile(lake.open(f"{LINES}/{fresh.name}"))
    for session in own:
        check_lines(old.lines(session), new.lines(session))
    check_contents(lake, fresh.name, contents)

    def job(connection: Connection) -> None:
        moved = 0
        for start in range(0, len(own), _ASK_MAX):
            some = col(SessionRow.id).in_(own[start : start + _ASK_MAX])
            change = update(SessionRow).where(some, col(SessionRow.lake_file_id) == file.id)
            moved += connection.execute(change.values(lake_file_id=fresh.number)).rowcount
        set_ready(connection, fresh, moved < len(own))

    store.written(job)


def _contents(lake: Lake, name: str) -> Iterator[tuple[str, tuple[list[str], bytes]]]:
    path = f"{CONTENTS}/{name}"
    if lake.has(path):
        for sha256, sessions, data in ContentsFile(lake.open(path)).all():
            yield sha256, (sessions, data)


def _sessions_in(number: int) -> Any:
    return select(col(SessionRow.id)).where(col(SessionRow.lake_file_id) == number)
