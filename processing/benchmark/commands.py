"""`pairlog bench run`, `report` and `compare`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from pairlog.cli import Configure
from pairlog.errors import UserError
from processing.benchmark.compare import compare
from processing.benchmark.models import MODELS, model
from processing.benchmark.report import as_json, scores, table
from processing.benchmark.results import Results
from processing.benchmark.run import pairs, run
from processing.benchmark.score import Score
from processing.episodes import sandbox
from processing.episodes.episode import read_episodes
from processing.sessions.progress import progress
from processing.sessions.table import show


def _bench(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    runner = actions.add_parser("run", help="models on episodes, executed")
    runner.add_argument("episodes", type=Path, metavar="EPISODES", help="episodes, as JSONL")
    runner.add_argument(
        "--model",
        action="append",
        required=True,
        metavar="SPEC",
        help=f"may be given again; known: {', '.join(MODELS)}",
    )
    runner.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")
    runner.add_argument("--json", action="store_true", help="the scores as an array, for programs")
    runner.set_defaults(run=_run)
    reporter = actions.add_parser("report", help="the table of a saved run")
    reporter.add_argument("out", type=Path, metavar="DIR", help="the folder of a run")
    reporter.add_argument("--json", action="store_true", help="the scores as an array, for programs")
    reporter.set_defaults(run=_run_report)
    comparer = actions.add_parser("compare", help="two models of a saved run, episode by episode")
    comparer.add_argument("out", type=Path, metavar="DIR", help="the folder of a run")
    comparer.add_argument("first", metavar="MODEL")
    comparer.add_argument("second", metavar="MODEL")
    comparer.add_argument("--json", action="store_true", help="an object, for programs")
    comparer.set_defaults(run=_run_compare)


COMMANDS: dict[str, Configure] = {"bench": _bench}


def _run(args: argparse.Namespace) -> int:
    specs = list(dict.fromkeys(args.model))
    models = [model(spec) for spec in specs]
    episodes = read_episodes(args.episodes)
    if not episodes:
        raise UserError(
            f"{args.episodes} holds no episodes; `pairlog episodes build` says why each was refused"
        )
    results = Results(args.out)
    results.begin(args.episodes, [entry.name for entry in models])
    run(progress(pairs(models, episodes), "running"), results)
    rows = _report(args)
    if not any(row.scored for row in rows):
        sandbox.require()
    return 0


def _run_report(args: argparse.Namespace) -> int:
    _report(args)
    return 0


def _run_compare(args: argparse.Namespace) -> int:
    saved = Results(args.out).read()
    for name in (args.first, args.second):
        if name not in saved:
            raise UserError(f"no model {name} in {args.out}; there are: {', '.join(saved)}")
    first, second = ([verdict for verdict, _ in saved[name]] for name in (args.first, args.second))
    found = compare(args.first, first, args.second, second)
    if args.json:
        print(json.dumps(asdict(found), indent=2))
        return 0
    print(f"both resolve {found.both}, neither {found.neither}")
    print(f"only {found.first}: {found.only_first}, only {found.second}: {found.only_second}")
    print(f"McNemar, exact: p = {found.p_value:.4g}")
    if found.unpaired:
        print(f"left out: {found.unpaired} that only one of them was judged on")
    return 0


def _report(args: argparse.Namespace) -> list[Score]:
    rows = scores(Results(args.out))
    if args.json:
        print(json.dumps(as_json(rows), indent=2))
    else:
        show(table(rows))
    refused = sum(row.refused for row in rows)
    if refused and not args.json:
        print(f"refused: {refused} not executed on this machine, not scored; verdicts.jsonl says why")
    return rows
