"""`pairlog lake`, `backup` and `restore`: commands that keep a store small and safe."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from collector_api import archive, restoring
from collector_api.backup import back_up, put_back
from collector_api.cli import add_store, existing_store, in_hand, named_store, sweep
from collector_api.database import Database
from collector_api.direct import Direct
from collector_api.problems import Problem
from collector_api.sqlite import SqliteDatabase
from pairlog.cli import Configure
from pairlog.errors import UserError

if TYPE_CHECKING:
    from collector_api.lake_export import Exported


def _lake_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="move closed sessions out of the store, into Parquet files")
    export.add_argument(
        "--to",
        default=os.environ.get("PAIRLOG_LAKE"),
        metavar="LAKE",
        help="a folder, or s3://BUCKET/PREFIX (default: PAIRLOG_LAKE, else `lake` in the data folder)",
    )
    export.add_argument("--json", action="store_true", help="say what was moved as an object, for programs")
    add_store(export)
    export.set_defaults(run=_export)


def _backup_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write the backup")
    add_store(parser)
    parser.set_defaults(run=_backup)


def _restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a backup that `pairlog backup` wrote")
    add_store(parser)
    parser.set_defaults(run=_restore)


COMMANDS: dict[str, Configure] = {
    "lake": _lake_options,
    "backup": _backup_options,
    "restore": _restore_options,
}


def _export(args: argparse.Namespace) -> int:
    from collector_api import lake_export
    from collector_api.lake.place import Lake, LakeError, lake_address

    database = existing_store(args)
    address = lake_address(args.to or _usual_lake(database))
    try:
        with in_hand(database) as store:
            done = lake_export.export(store, Lake(address), _say)
    except LakeError as error:
        raise UserError(f"the lake {address}: {error}; what was not moved is still in the store") from None
    except Problem as problem:
        raise UserError(problem.detail) from None
    if args.json:
        print(json.dumps({"lake": address, **asdict(done)}))
    else:
        print(f"{done.sessions:,} sessions, {done.events:,} events in {done.files:,} files: {address}")
    return 0


def _backup(args: argparse.Namespace) -> int:
    back_up(_in_sqlite(existing_store(args)).file, args.file)
    print(f"{args.file}: {args.file.stat().st_size:,} bytes")
    return 0


def _restore(args: argparse.Namespace) -> int:
    database = _in_sqlite(named_store(args))
    file = database.file
    with database.claim(1):
        old = put_back(args.file, file)
        print(f"restored {file}")
        try:
            with in_hand(database) as store:
                _bring_up_to_date(store, old, _lakes_beside(file))
        except UserError as error:
            raise UserError(f"{file} is restored, and not brought up to date: {error}") from None
    return 0


def _in_sqlite(database: Database) -> SqliteDatabase:
    if not isinstance(database, SqliteDatabase):
        raise UserError("a store in PostgreSQL is backed up with pg_dump; docs/operations.md says how")
    return database


def _usual_lake(database: Database) -> str:
    """Where the sessions of a store go, unless somebody says where."""
    if not isinstance(database, SqliteDatabase):
        raise UserError("a store in PostgreSQL has no folder for a lake; name one with --to, or PAIRLOG_LAKE")
    return str(database.file.parent / "lake")


def _lakes_beside(file: Path) -> list[str]:
    """The lake that is not named, where there is one: the backup may be older than its first file."""
    folder = file.parent / "lake"
    named = os.environ.get("PAIRLOG_LAKE")
    return [named] if named else [str(folder)] if folder.is_dir() else []


def _bring_up_to_date(store: Direct, old: Path | None, lakes: list[str]) -> None:
    with store.reading() as connection:
        lakes = lakes + archive.lakes(connection)
    if old is not None:
        engine = SqliteDatabase(old).open_reading()
        with engine.begin() as connection:
            lakes += archive.lakes(connection)
    if lakes:
        _find(store, lakes)
    if old is not None:
        done = restoring.obey(store, engine)
        engine.dispose()
        print(f"taken back again: {done.erased:,} sessions, {done.taken_back:,} redactions or minutes")
        print(f"{old} is the store that was here; delete it when nothing is missing")
    sweep(store)


def _find(store: Direct, lakes: list[str]) -> None:
    # Only who has a lake needs what it is read with.
    from collector_api.lake.place import LakeError, lake_address
    from collector_api.lake_finding import find

    try:
        found = find(store, map(lake_address, lakes))
    except LakeError as error:
        raise UserError(f"a lake cannot be read: {error}") from None
    print(f"found in the lake: {found.adopted:,} sessions more; {found.lost:,} are not there any more")


def _say(done: Exported) -> None:
    if sys.stderr.isatty():
        print(f"{done.sessions:,} sessions moved", end="\r", file=sys.stderr, flush=True)
