"""`pairlog ianvs doctor`: one line per fact, and a failing exit code where a needed one is missing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from ianvs_bridge import installed
from ianvs_bridge.fact import Fact, missing, present
from ianvs_bridge.job_check import problems
from processing.episodes import sandbox

#: Modules by distribution that installing Ianvs does not bring: what it and its Sedna import, and the
#: runner of the episodes' tests.
MODULES = {
    "colorlog": "colorlog",
    "PyYAML": "yaml",
    "onnx": "onnx",
    "pandas": "pandas",
    "prettytable": "prettytable",
    "matplotlib": "matplotlib",
    "pytest": "pytest",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `doctor`."""
    parser.add_argument("job", nargs="?", type=Path, metavar="DIR", help="a job folder to check too")
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    parser.set_defaults(run=_run)


def facts(job: Path | None) -> Iterator[Fact]:
    """Yield every fact that a job needs, in the order in which to mend them."""
    yield installed.python(sys.version_info[:3])
    yield installed.ianvs()
    yield installed.sedna()
    for distribution, name in MODULES.items():
        yield installed.module(name, distribution)
    yield installed.starts()
    yield _sandbox()
    if job is not None:
        yield _job(job)


def _run(args: argparse.Namespace) -> int:
    found = list(facts(args.job))
    if args.json:
        print(json.dumps([asdict(fact) for fact in found], indent=2))
    else:
        print("\n".join(fact.line() for fact in found))
    return 0 if all(fact.ok for fact in found) else 1


def _sandbox() -> Fact:
    reason = sandbox.available()
    if reason is None:
        return present("sandbox", "runs a program")
    return missing("sandbox", reason, "until then every episode is refused and none is scored")


def _job(folder: Path) -> Fact:
    found = problems(folder)
    if not found:
        return present("job", str(folder))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return missing("job", f"{folder}: {found[0]}{more}", "export it again with `pairlog ianvs export`")
