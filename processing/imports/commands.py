"""`pairlog import`: one table of the kinds of recordings that can become sessions."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pairlog.cli import Configure
from pairlog.consent import USES
from pairlog.errors import UserError
from pairlog.export import write_folder
from pairlog.source.files import describe
from processing.imports import trace_file
from processing.imports.claude_code import transcripts
from processing.imports.imported import Imported
from processing.imports.linking import link
from processing.imports.upload import collector_at, upload
from processing.sessions.progress import progress


class Importer(NamedTuple):
    """A kind: its options, the place of the recording among them, and how it becomes sessions."""

    help: str
    configure: Configure
    read: Callable[[argparse.Namespace], list[Imported]]


IMPORTERS: dict[str, Importer] = {
    "editing-trace": Importer(
        "a text with every change to it, as josephg/editing-traces keeps them",
        trace_file.configure,
        trace_file.read,
    ),
    "claude-code": Importer(
        "the transcripts of Claude Code, with the edits that its tool calls made",
        transcripts.configure,
        transcripts.read,
    ),
}


def _import(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for name, importer in IMPORTERS.items():
        kind = kinds.add_parser(name, help=importer.help, description=importer.help)
        importer.configure(kind)
        kind.add_argument("--use", choices=USES, default=USES[0], help=f"default: {USES[0]}")
        where = kind.add_mutually_exclusive_group()
        where.add_argument("--out", type=Path, metavar="DIR", help="write a folder and send nothing")
        where.add_argument("--to", metavar="ADDRESS", help="the collector (default: PAIRLOG_COLLECTOR_URL)")
        kind.add_argument("--json", action="store_true", help="an object, for programs")
        kind.set_defaults(run=partial(_run, importer))


COMMANDS: dict[str, Configure] = {"import": _import}


def _run(importer: Importer, args: argparse.Namespace) -> int:
    address = args.to or os.environ.get("PAIRLOG_COLLECTOR_URL", "")
    if args.out is None and not address:
        raise UserError(
            "no collector is named; give --to ADDRESS, or set PAIRLOG_COLLECTOR_URL, or --out DIR"
        )
    sessions = importer.read(args)
    for imported in sessions:
        if args.out is None:
            with collector_at(address, os.environ.get("PAIRLOG_TOKEN", "")) as collector:
                sent = len(imported.lines) - upload(collector, imported, progress)
            _tell(args, imported, sent, address)
        else:
            folder = args.out if len(sessions) == 1 else args.out / imported.session
            _write(imported, folder)
            _tell(args, imported, 0, str(folder))
    link(sessions, args, address)
    return 0


def _tell(args: argparse.Namespace, imported: Imported, sent: int, where: str) -> None:
    lines, edits = len(imported.lines), imported.edits
    if args.json:
        told = {"session": imported.session, "lines": lines, "edits": edits, "sent": sent}
        print(json.dumps(told | {"left_out": dict(imported.left_out)} if imported.left_out else told))
        return
    if args.out is None and sent == 0:
        print(f"{imported.session}: {where} has all its {lines:,} lines already")
    else:
        print(f"{imported.session}: {lines:,} lines, {edits:,} of them edits, in {where}")
    if imported.left_out:
        named = ", ".join(f"{count:,} x {what}" for what, count in sorted(imported.left_out.items()))
        print(f"{imported.session}: left out: {named}")


def _write(imported: Imported, folder: Path) -> None:
    try:
        write_folder(folder, describe(imported.lines, _no_blob), imported.lines, _no_blob)
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}") from None


def _no_blob(sha256: str) -> bytes:
    raise AssertionError(f"an imported session names no blob, yet {sha256} is asked for")
