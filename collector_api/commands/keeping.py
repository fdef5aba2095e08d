"""`pairlog lake` and `pairlog backup`: commands that keep a store small and safe."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from collector_api.backup.backup import back_up
from collector_api.commands.cli import add_store, existing_store, in_hand
from collector_api.database.database import Database
from collector_api.database.sqlite import SqliteDatabase
from collector_api.problems import Problem
from collector_api.rows import archive
from pairlog.cli import Configure
from pairlog.errors import UserError

if TYPE_CHECKING:
    from collector_api.archiving.export import Exported

#: The folder of a lake beside a store, and beside its backups.
LAKE = "lake"
#: How many dated backups stay: with one each night, what was erased is gone from all after so many days.
_KEEP = 14


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
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE|FOLDER",
        help="where to write the backup; in a folder, a dated one beside a copy of the lake",
    )
    parser.add_argument(
        "--keep",
        type=_count,
        default=_KEEP,
        metavar="N",
        help="how many dated ones stay in the folder (%(default)s)",
    )
    add_store(parser)
    parser.set_defaults(run=_backup)


COMMANDS: dict[str, Configure] = {
    "lake": _lake_options,
    "backup": _backup_options,
}


def _export(args: argparse.Namespace) -> int:
    from collector_api.archiving import export as lake_export
    from collector_api.lake.place import Lake, LakeError, lake_address

    database = existing_store(args)
    address = lake_address(args.to or _usual_lake(database))
    try:
        with database.exporting(), in_hand(database) as store:
            done = lake_export.export(store, Lake(address), _say)
    except LakeError as error:
        raise UserError(f"the lake {address}: {error}; what was not moved is still in the store") from None
    except Problem as problem:
        raise UserError(problem.detail) from None
    if args.json:
        print(json.dumps({"lake": address, **asdict(done)}))
    else:
        print(f"{done.sessions:,} sessions, {done.events:,} events in {done.files:,} files: {address}")
    if done.stale:
        raise UserError(
            f"what was taken back is still in {len(done.stale)} files of the lake ({done.stale[0]}); mend or "
            "delete them, it is tried again by each export"
        )
    return 0


def _backup(args: argparse.Namespace) -> int:
    database = in_sqlite(existing_store(args))
    is_folder = args.file.is_dir()
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H%M%S%f")
    file = args.file / f"pairlog-{moment}Z.db" if is_folder else args.file
    back_up(database.file, file)
    print(f"{file}: {file.stat().st_size:,} bytes")
    if not is_folder and (database.file.parent / LAKE).is_dir():
        print("the lake is not in it: copy its folder too, or back up into a folder, which does so")
    if is_folder:
        # Behind the backup: what it has no lines of is in the lake by then.
        _copy_lake(database, args.file / LAKE)
        # One that was killed in the middle leaves a part, with what is erased since in it.
        parts = args.file.glob("pairlog-*Z.db.part")
        for old in [*sorted(args.file.glob("pairlog-*Z.db"))[: -args.keep], *parts]:
            old.unlink()
    return 0


def _copy_lake(database: SqliteDatabase, folder: Path) -> None:
    with in_hand(database) as store:
        with store.reading() as connection:
            if not archive.lakes(connection) and not folder.exists():
                return
        # Only who has a lake needs what it is read with.
        from collector_api.backup import lake_copy
        from collector_api.lake.place import LakeError

        try:
            print(f"{folder}: {lake_copy.refresh(store, folder):,} files more")
        except LakeError as error:
            raise UserError(f"the backup is whole, and the copy of the lake is not: {error}") from None


def in_sqlite(database: Database) -> SqliteDatabase:
    """A store in a file. Raises UserError for another one."""
    if not isinstance(database, SqliteDatabase):
        raise UserError("a store in PostgreSQL is backed up with pg_dump; docs/operations.md says how")
    return database


def _usual_lake(database: Database) -> str:
    """Where the sessions of a store go, unless somebody says where."""
    if not isinstance(database, SqliteDatabase):
        raise UserError("a store in PostgreSQL has no folder for a lake; name one with --to, or PAIRLOG_LAKE")
    return str(database.file.parent / LAKE)


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _say(done: Exported) -> None:
    if sys.stderr.isatty():
        print(f"{done.sessions:,} sessions moved", end="\r", file=sys.stderr, flush=True)
