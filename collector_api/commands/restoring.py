"""`pairlog restore` and `pairlog repeat-erasures`: a store of before, without what was taken back since."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from collector_api.backup import predecessor, restoring
from collector_api.backup.backup import aside, copied, put_in_place, settle
from collector_api.backup.predecessor import Predecessor
from collector_api.backup.restoring import Done, People
from collector_api.commands.cli import add_store, existing_store, in_hand, named_store, scrub, sweep
from collector_api.commands.keeping import LAKE, in_sqlite
from collector_api.database.database import database_at
from collector_api.database.direct import Direct
from collector_api.database.sqlite import SqliteDatabase
from collector_api.rows import archive
from pairlog.cli import Configure
from pairlog.errors import UserError


def _restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a backup that `pairlog backup` wrote")
    add_store(parser)
    parser.set_defaults(run=_restore)


def _repeat_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="URL", help="the database of before: postgresql://USER@HOST/NAME")
    add_store(parser)
    parser.set_defaults(run=_repeat)


COMMANDS: dict[str, Configure] = {"restore": _restore_options, "repeat-erasures": _repeat_options}


def _restore(args: argparse.Namespace) -> int:
    database = in_sqlite(named_store(args))
    file = database.file
    with database.claim(1), copied(args.file, file) as part:
        kept = aside(file)
        there_was = file.exists()
        old = _read(file) if there_was else Predecessor(unread=["no store was here"])
        # All that it needs happens to the copy: until it is in place, nothing has changed.
        with in_hand(SqliteDatabase(part)) as store:
            said = _bring_up_to_date(store, old, _lakes(args.file, file))
        put_in_place(part, file)
        print("\n".join([f"restored {file}", *said]))
        if there_was:
            print(f"{kept} is the store that was here; delete it when nothing is missing")
        try:
            with in_hand(database) as store:
                sweep(store)
            scrub(database)
        except UserError as error:
            raise UserError(f"{file} is restored; {error}") from None
    return 0


def _repeat(args: argparse.Namespace) -> int:
    database = existing_store(args)
    engine = database_at(args.old).open_reading()
    old = predecessor.read(engine)
    engine.dispose()
    with in_hand(database) as store:
        print("\n".join(_bring_up_to_date(store, old, [])))
        sweep(store)
    scrub(database)
    return 0


def _read(file: Path) -> Predecessor:
    """What the store tells that is there: a damaged one less. Raises UserError where it is in use."""
    why = settle(file)
    if why is None and file.stat().st_size == 0:
        why = "it is empty"
    if why is not None:
        return Predecessor(unread=[f"{file}: {why}"])
    database = SqliteDatabase(file)
    try:
        database.open_writing().dispose()
        engine = database.open_reading()
    except UserError as error:
        return Predecessor(unread=[str(error)])
    found = predecessor.read(engine)
    engine.dispose()
    settle(file)
    return found


def _lakes(backup: Path, file: Path) -> list[str]:
    """The lakes that are looked into first: the backup may be older than their first file."""
    folder, copy = file.parent / LAKE, backup.absolute().parent / LAKE
    if copy.is_dir() and not any(folder.rglob("*.parquet")) and not folder.is_relative_to(copy):
        # Only who has a lake needs what it is read with.
        from collector_api.backup import lake_copy
        from collector_api.lake.place import LakeError

        try:
            lake_copy.bring_back(copy, folder)
        except LakeError as error:
            raise UserError(f"the copy of the lake beside {backup} cannot be brought back: {error}") from None
    named = os.environ.get("PAIRLOG_LAKE")
    return [*([str(folder)] if folder.is_dir() else []), *([named] if named else [])]


def _bring_up_to_date(store: Direct, old: Predecessor, lakes: list[str]) -> list[str]:
    """Take back in a store what was taken back in its predecessor; returns what there is to say about it."""
    done, said = Done(), list[str]()
    restoring.renew(store, old.counters)
    people: People = restoring.erase(store, old, done)
    with store.reading() as connection:
        lakes = [*lakes, *archive.lakes(connection), *old.lakes]
    if lakes:
        said += _find(store, lakes)
    restoring.narrow(store, old, people)
    restoring.take_back(store, old, people, done)
    said.append(f"taken back again: {done.erased:,} sessions, {done.taken_back:,} redactions or minutes")
    if old.unread:
        said.append(
            f"what was erased or taken back since the backup cannot be repeated, or not all of it: "
            f"{'; '.join(old.unread)}"
        )
    return said


def _find(store: Direct, lakes: list[str]) -> list[str]:
    # Only who has a lake needs what it is read with.
    from collector_api.archiving.finding import find
    from collector_api.lake.place import lake_address

    found = find(store, map(lake_address, lakes))
    return [
        f"found in the lake: {found.adopted:,} sessions more; {found.lost:,} are not there any more",
        *(f"not read in the lake: {why}" for why in found.unread),
    ]
