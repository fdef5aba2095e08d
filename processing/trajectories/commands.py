"""`pairlog trajectories`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from pairlog.cli import Configure
from pairlog.errors import UserError
from pairlog.options import add_store, store_uri
from pairlog.source import Source, open_source
from processing.sessions.progress import progress
from processing.sessions.states import blobs_of
from processing.sessions.timeline import Unverified
from processing.trajectories.build import steps
from processing.trajectories.step import Step


def _trajectories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where steps.jsonl goes")
    parser.add_argument("--json", action="store_true", help="the counts as an object, for programs")
    add_store(parser)
    parser.set_defaults(run=_run)


COMMANDS: dict[str, Configure] = {"trajectories": _trajectories}


def _run(args: argparse.Namespace) -> int:
    counts: Counter[str] = Counter()
    refused: dict[str, str] = {}
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "steps.jsonl"
    with open_source(store_uri(args)) as source:
        _write(file, _all_steps(source, counts, refused))
    if args.json:
        told = {"file": str(file), "steps": counts.total(), "kinds": counts, "refused": refused}
        print(json.dumps(told, indent=2))
        return 0
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    print(f"{file}: {counts.total():,} steps ({kinds or 'none'})")
    if refused:
        print(f"refused: {len(refused)} unverified")
        for session, reason in refused.items():
            print(f"  {session}: {reason}", file=sys.stderr)
    return 0


def _all_steps(source: Source, counts: Counter[str], refused: dict[str, str]) -> Iterator[Step]:
    for info in progress(source.sessions(), "building steps"):
        try:
            made = steps(info, list(source.lines(info.session)), blobs_of(source, info.session))
        except (Unverified, UserError) as error:
            refused[info.session] = str(error)
            continue
        counts.update(step.kind for step in made)
        yield from made


def _write(file: Path, made: Iterable[Step]) -> None:
    """Write the steps, one a line; the file is whole or as it was."""
    fresh = file.with_suffix(".partial")
    with fresh.open("wb") as stream:
        for step in made:
            stream.write(orjson.dumps(step, option=orjson.OPT_APPEND_NEWLINE))
    fresh.replace(file)
