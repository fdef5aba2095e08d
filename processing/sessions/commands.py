"""`pairlog sessions`, `replay`, `verify` and `export`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from itertools import takewhile
from pathlib import Path

from rich.console import Console

from pairlog.cli import Configure
from pairlog.errors import UserError
from pairlog.export import export_folder, frames
from pairlog.line import decode_all
from pairlog.moment import canonical
from pairlog.options import add_store, store_uri
from pairlog.replay import Player
from pairlog.source import find_session, open_source
from pairlog.source.wanted import Wanted
from processing.sessions.playback import Moment, limit_idle, listing, moments, play, speed_up
from processing.sessions.progress import progress
from processing.sessions.states import blobs_of, player_at, text_of
from processing.sessions.table import sessions_table, show, verification_table
from processing.sessions.verification import Verification, verify_session


def _sessions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="an array, for programs")
    for name, metavar, what in (
        ("project", "ID", "of this project: its id, or the beginning of it"),
        ("contributor", "NAME", "of this contributor"),
        ("editor", "NAME", "from an editor with this in its name"),
        ("language", "NAME", "with a document in this language"),
        ("study", "NAME", "of this study"),
        ("condition", "NAME", "in this condition of a study"),
    ):
        parser.add_argument(f"--{name}", metavar=metavar, help=what)
    parser.add_argument("--since", type=_moment, metavar="TIME", help="that began then or later, in UTC")
    parser.add_argument("--until", type=_moment, metavar="TIME", help="that began before")
    for name, what in (
        ("has-tests", "with results of tests, or without"),
        ("has-completions", "with completions, or without"),
        ("verified", "that verify, or do not"),
    ):
        parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)
    parser.add_argument("--limit", type=_rows, metavar="N", help="so many, the oldest first (default: all)")
    parser.add_argument("--after", metavar="SESSION", help="those behind this one of the list: its whole id")
    add_store(parser)
    parser.set_defaults(run=_run_sessions)


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="its id, or the beginning of it")
    parser.add_argument("--at", default="end", metavar="SEQ|end", help="up to this event (default: end)")
    parser.add_argument("--file", metavar="PATH", help="print this document's text, byte for byte")
    parser.add_argument("--speed", type=_above_zero, default=1.0, metavar="N", help="times as fast")
    parser.add_argument(
        "--idle-max",
        type=_above_zero,
        default=2.0,
        metavar="S",
        help="longest pause, in seconds (default: 2)",
    )
    add_store(parser)
    parser.set_defaults(run=_run_replay)


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="its id, the beginning of it, or `all`")
    parser.add_argument("--json", action="store_true", help="an array, for programs")
    add_store(parser)
    parser.set_defaults(run=_run_verify)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="its id, or the beginning of it")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a folder with the blobs beside it")
    add_store(parser)
    parser.set_defaults(run=_run_export)


COMMANDS: dict[str, Configure] = {
    "sessions": _sessions,
    "replay": _replay,
    "verify": _verify,
    "export": _export,
}


def _run_sessions(args: argparse.Namespace) -> int:
    wanted = Wanted(**{name.name: getattr(args, name.name) for name in fields(Wanted)})
    with open_source(store_uri(args)) as source:
        found = source.find(wanted, args.after, args.limit and args.limit + 1)
    rows = found[: args.limit]
    if args.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    elif rows:
        show(sessions_table(rows))
        if len(found) > len(rows):
            print(f"More follow: --limit {args.limit} --after {rows[-1].session}")
    elif args.after is not None:
        print(f"No session follows {args.after}.")
    elif wanted != Wanted():
        print("No session here is like that; `pairlog sessions` lists all.")
    else:
        print(
            "No sessions here yet. Choose what may be recorded with `pairlog consent`, then write some code."
        )
    return 0


def _run_replay(args: argparse.Namespace) -> int:
    at = _seq(args.at)
    with open_source(store_uri(args)) as source:
        info = find_session(source, args.session)
        player = player_at(*source.before(info.session, at), at)
        if args.file is not None:
            sys.stdout.buffer.write(text_of(player, args.file).encode())
            sys.stdout.buffer.flush()
            return 0
        events = decode_all(source.lines(info.session))
        played = moments(takewhile(lambda event: event.seq <= player.seq, events))
        _present(
            speed_up(limit_idle(played, args.idle_max), args.speed), Player(blobs_of(source, info.session))
        )
    return 0


def _present(played: Iterable[Moment], player: Player) -> None:
    console = Console()
    if console.is_terminal:
        play(played, player, console)
        return
    for line in listing(played, player):
        print(line)


def _seq(word: str) -> int | None:
    if word == "end":
        return None
    if word.isdecimal():
        return int(word)
    raise UserError(f"`{word}` is no moment; give --at a seq, a whole number from 0, or `end`")


def _moment(word: str) -> str:
    try:
        return canonical(word)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError("a moment such as 2026-11-01 or 2026-11-01T09:00:00Z") from None


def _rows(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("a number of sessions, 1 or more")
    return number


def _above_zero(word: str) -> float:
    number = float(word)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("a number above 0")
    return number


def _run_verify(args: argparse.Namespace) -> int:
    with open_source(store_uri(args)) as source:
        wanted = source.sessions() if args.session == "all" else [find_session(source, args.session)]
        rows = [verify_session(source, info) for info in progress(wanted, "replaying")]
    if args.json:
        print(json.dumps([row.to_json() for row in rows], indent=2))
    else:
        _print_verification(rows)
    return 1 if any(row.verified is False for row in rows) else 0


def _print_verification(rows: Sequence[Verification]) -> None:
    if not rows:
        print("No sessions here yet: nothing to verify.")
        return
    show(verification_table(rows))
    good = sum(row.verified is True for row in rows)
    bad = sum(row.verified is False for row in rows)
    print(f"{good} verified, {bad} with a mismatch, {len(rows) - good - bad} with nothing to check")


def _run_export(args: argparse.Namespace) -> int:
    if args.out is None and sys.stdout.isatty():
        raise UserError("an export is binary; send it to a file (`> session.ndjson.gz`) or give --out DIR")
    with open_source(store_uri(args)) as source:
        info = find_session(source, args.session)
        if args.out is not None:
            count = export_folder(source, info, args.out)
            print(f"{args.out}: {count:,} lines", file=sys.stderr)
            return 0
        for frame in frames(list(source.lines(info.session))):
            sys.stdout.buffer.write(frame)
        sys.stdout.buffer.flush()
    return 0
