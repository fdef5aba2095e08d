"""A copy of the lakes of a store in a folder: files of a lake never change, so each is copied once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from collector_api.database import places
from collector_api.database.tables import LakeFile
from collector_api.lake.place import Lake, LakeError
from collector_api.rows.archive import CONTENTS, LINES, Database


def refresh(store: Database, folder: Path) -> int:
    """Copy what a store reads from lakes on disks, and drop copies of what is no file of theirs any more.

    Returns how many files were copied. Raises LakeError where some cannot be; the others are.
    """
    target = Lake(str(folder.absolute()))
    have = {path for kind in (LINES, CONTENTS) for path in target.names(kind)}
    failed: dict[str, str] = {}
    copied = 0
    for name, address in _files(store).items():
        try:
            copied += _copy(Lake(address), target, name, have)
        except LakeError as error:
            failed[name] = f"{address}: {error}"
    wanted = _files(store)
    # One that was written anew meanwhile is not missed.
    missed = [why for name, why in failed.items() if name in wanted]
    if missed:
        raise LakeError(f"{len(missed)} files of the lake cannot be copied ({missed[0]})")
    for path in sorted(have):
        if path.partition("/")[2] not in wanted:
            target.delete(path)
    return copied


def bring_back(copy: Path, lake: Path) -> int:
    """Copy a copy of a lake to where the lake was; returns how many files. Raises LakeError."""
    source, target = Lake(str(copy.absolute())), Lake(str(lake.absolute()))
    paths = [path for kind in (CONTENTS, LINES) for path in source.names(kind)]
    for path in paths:
        _put(source, target, path)
    return len(paths)


def _files(store: Database) -> dict[str, str]:
    """The lake of each file that is read and lies on a disk, by its name."""
    question = select(col(LakeFile.name), col(LakeFile.lake)).where(col(LakeFile.ready))
    with store.reading() as connection:
        rows = connection.execute(question).all()
        return {name: places.whole(connection, lake) for name, lake in rows if "://" not in lake}


def _copy(source: Lake, target: Lake, name: str, have: set[str]) -> int:
    if f"{LINES}/{name}" in have:
        return 0
    if source.has(f"{CONTENTS}/{name}"):
        _put(source, target, f"{CONTENTS}/{name}")
    _put(source, target, f"{LINES}/{name}")
    return 1


def _put(source: Lake, target: Lake, path: str) -> None:
    try:
        with source.open(path) as stream:
            data = stream.read()
    except OSError as error:
        raise LakeError(f"{path} cannot be read: {error}") from None
    target.put(path, data)
