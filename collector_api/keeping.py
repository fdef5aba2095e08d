"""`pairlog lake`: commands that keep a store small and safe."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from collector_api import database
from collector_api.cli import add_store, existing_store
from collector_api.problems import Problem
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


COMMANDS: dict[str, Configure] = {"lake": _lake_options}


def _export(args: argparse.Namespace) -> int:
    from collector_api import lake_export
    from collector_api.lake.place import Lake, LakeError, lake_address

    file = existing_store(args)
    address = lake_address(args.to or str(file.parent / "lake"))
    try:
        with database.Direct(file) as store:
            done = lake_export.export(store, Lake(address), _say)
        database.scrub_log(file)
    except LakeError as error:
        raise UserError(f"the lake {address}: {error}; what was not moved is still in the store") from None
    except Problem as problem:
        raise UserError(problem.detail) from None
    except DBAPIError as error:
        raise UserError(f"cannot write {file}: {error.orig}; try again in a moment") from None
    if args.json:
        print(json.dumps({"lake": address, **asdict(done)}))
    else:
        print(f"{done.sessions:,} sessions, {done.events:,} events in {done.files:,} files: {address}")
    return 0


def _say(done: Exported) -> None:
    if sys.stderr.isatty():
        print(f"{done.sessions:,} sessions moved", end="\r", file=sys.stderr, flush=True)
