"""`pairlog episodes build` and `check`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pairlog.cli import Configure
from pairlog.errors import UserError
from pairlog.options import add_store, store_uri
from pairlog.source import Source, find_session, open_source
from processing.episodes import sandbox
from processing.episodes.build import NotBuilt, build
from processing.episodes.check import Check, check
from processing.episodes.episode import Episode, read_episodes, write_episodes
from processing.sessions.progress import progress
from processing.sessions.states import blobs_of


def _episodes(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    builder = actions.add_parser("build", help="sessions to episodes")
    builder.add_argument("session", nargs="*", metavar="SESSION", help="default: all of them")
    builder.add_argument("--out", type=Path, required=True, metavar="FILE", help="the episodes, as JSONL")
    builder.add_argument("--json", action="store_true", help="the counts as an object, for programs")
    add_store(builder)
    builder.set_defaults(run=_run_build)
    checker = actions.add_parser("check", help="the answers pass, the untouched bases fail")
    checker.add_argument("file", type=Path, metavar="FILE", help="episodes, as JSONL")
    checker.add_argument("--times", type=_times, default=5, metavar="N", help="runs of each answer (5)")
    checker.add_argument("--json", action="store_true", help="the counts as an object, for programs")
    checker.set_defaults(run=_run_check)


COMMANDS: dict[str, Configure] = {"episodes": _episodes}


def _run_build(args: argparse.Namespace) -> int:
    refused: Counter[str] = Counter()
    with open_source(store_uri(args)) as source:
        episodes = _build_all(source, args.session, refused)
    count = write_episodes(args.out, episodes)
    if args.json:
        print(json.dumps({"file": str(args.out), "episodes": count, "refused": refused}, indent=2))
        return 0
    print(f"{args.out}: {count} episode{'s' * (count != 1)}")
    for reason, number in refused.most_common():
        print(f"  refused: {number}, {reason}")
    return 0


def _build_all(source: Source, wanted: list[str], refused: Counter[str]) -> list[Episode]:
    rows = [find_session(source, name) for name in wanted] if wanted else source.sessions()
    episodes: list[Episode] = []
    for info in progress(rows, "building episodes"):
        try:
            lines = list(source.lines(info.session))
            built, reasons = build(info, lines, blobs_of(source, info.session))
        except NotBuilt as reason:
            refused[str(reason)] += 1
            continue
        except UserError as error:
            refused[f"unreadable: {error}"] += 1
            continue
        episodes += built
        refused.update(reasons)
    return episodes


def _run_check(args: argparse.Namespace) -> int:
    sandbox.require()
    episodes = read_episodes(args.file)
    checks = [check(episode, args.times) for episode in progress(episodes, "executing")]
    if args.json:
        print(json.dumps(_counts(checks), indent=2))
    else:
        _print_checks(checks)
    return 0 if all(row.good for row in checks) else 1


def _counts(checks: list[Check]) -> dict[str, Any]:
    accepted = sum(row.good for row in checks)
    rows = [asdict(row) for row in checks]
    return {"accepted": accepted, "refused": len(checks) - accepted, "checks": rows}


def _print_checks(checks: list[Check]) -> None:
    for row in checks:
        said = f"the base fails, the answer passes {row.gold_passed} of {row.times}"
        print(f"{row.episode}  {'accepted' if row.good else 'refused'}: {row.reason or said}")
    counts = _counts(checks)
    print(f"{counts['accepted']} accepted, {counts['refused']} refused")


def _times(word: str) -> int:
    number = int(word)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("a whole number from 1 to 100")
    return number
