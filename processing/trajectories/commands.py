"""`pairlog trajectories`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import orjson

from pairlog.cli import Configure
from pairlog.errors import UserError
from pairlog.options import add_store, store_uri
from pairlog.source import Source, open_source
from processing.imports.linking import find, read
from processing.imports.links import Link
from processing.sessions.progress import progress
from processing.sessions.states import blobs_of
from processing.sessions.table import show
from processing.sessions.timeline import Unverified
from processing.trajectories.build import steps
from processing.trajectories.model_pairs import Tally
from processing.trajectories.preference import Preference
from processing.trajectories.preferences import preferences
from processing.trajectories.step import Step
from processing.trajectories.table import pairs_table


def _trajectories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where steps.jsonl and preferences.jsonl go"
    )
    parser.add_argument(
        "--links",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="links with agents' tool calls, beside those in the home and in the folder that is read",
    )
    parser.add_argument("--json", action="store_true", help="the counts as an object, for programs")
    add_store(parser)
    parser.set_defaults(run=_run)


COMMANDS: dict[str, Configure] = {"trajectories": _trajectories}


class _Made:
    """What became of the sessions."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.preferences = 0
        self.tally = Tally()
        self.refused: dict[str, str] = {}


def _run(args: argparse.Namespace) -> int:
    made = _Made()
    links = [link for file in (*find(store_uri(args)), *args.links) for link in read(file)]
    args.out.mkdir(parents=True, exist_ok=True)
    files = [args.out / "steps.jsonl", args.out / "preferences.jsonl"]
    with open_source(store_uri(args)) as source, ExitStack() as stack:
        steps_file, preferences_file = (stack.enter_context(_whole(file)) for file in files)
        for some, compared in _rows(source, links, made):
            _write(steps_file, some)
            _write(preferences_file, compared)
    _tell(args, files, made)
    return 0


def _tell(args: argparse.Namespace, files: Sequence[Path], made: _Made) -> None:
    pairs = made.tally.pairs()
    steps_file, preferences_file = map(str, files)
    if args.json:
        told = {
            "file": steps_file,
            "steps": made.kinds.total(),
            "kinds": made.kinds,
            "preferences": {"file": preferences_file, "comparisons": made.preferences, "pairs": pairs},
            "refused": made.refused,
        }
        print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(made.kinds.items()))
    print(f"{steps_file}: {made.kinds.total():,} steps ({kinds or 'none'})")
    if pairs:
        print(f"{preferences_file}: {made.preferences:,} comparisons")
        show(pairs_table(pairs))
    if made.refused:
        print(f"refused: {len(made.refused)} unverified")
        for session, reason in made.refused.items():
            print(f"  {session}: {reason}", file=sys.stderr)


def _rows(
    source: Source, links: Sequence[Link], made: _Made
) -> Iterator[tuple[list[Step], list[Preference]]]:
    """The steps and the preferences of each session."""
    for info in progress(source.sessions(), "building steps"):
        try:
            lines, blobs = list(source.lines(info.session)), blobs_of(source, info.session)
            some, compared = steps(info, lines, blobs, links), preferences(info, lines, blobs)
        except (Unverified, UserError) as error:
            made.refused[info.session] = str(error)
            continue
        made.kinds.update(step.kind for step in some)
        made.preferences += len(compared)
        made.tally.add(compared)
        yield some, compared


def _write(stream: IO[bytes], rows: Iterable[object]) -> None:
    for row in rows:
        stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """A file that is written whole, or stays as it was."""
    fresh = file.with_suffix(".partial")
    with fresh.open("wb") as stream:
        yield stream
    fresh.replace(file)
