"""`pairlog doctor`: what works on this machine and what does not, one line each.

Each room knows what it needs: its `doctor.py`, where it has one, holds `facts()`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from pairlog import __version__
from pairlog.cli import Configure
from pairlog.errors import UserError
from pairlog.home import open_home

_ROOMS = {
    "recorder": "lsp_server.doctor",
    "collector": "collector_api.commands.doctor",
    "processing": "processing.doctor",
}


@dataclass(frozen=True)
class Fact:
    """One line: what was looked at, whether it works, and what to do where it does not."""

    name: str
    holds: bool
    detail: str


def facts() -> Iterable[Fact]:
    """All facts, the quick ones first."""
    yield Fact("pairlog", True, f"{__version__} on Python {platform.python_version()}")
    try:
        yield Fact("home", True, str(open_home().path))
    except UserError as error:
        yield Fact("home", False, str(error))
    for room, module in _ROOMS.items():
        try:
            of_room: Callable[[], Iterable[Fact]] = importlib.import_module(module).facts
        except ModuleNotFoundError as error:
            yield Fact(
                room, False, f"{error.name} is missing; install it with: pip install 'pairlog[{room}]'"
            )
        else:
            yield from of_room()


def run(args: argparse.Namespace) -> int:
    """Print the facts; 1 where one of them does not hold."""
    found = []
    for fact in facts():
        found.append(fact)
        if not args.json:
            print(f"{'ok ' if fact.holds else 'no '} {fact.name:<12} {fact.detail}", flush=True)
    if args.json:
        json.dump([asdict(fact) for fact in found], sys.stdout, indent=2)
        print()
    return 0 if all(fact.holds for fact in found) else 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--json", action="store_true", help="an array of {name, holds, detail}")
    parser.set_defaults(run=run)


COMMANDS: dict[str, Configure] = {"doctor": configure}
