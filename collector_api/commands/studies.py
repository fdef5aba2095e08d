"""`pairlog study`: begin a study, let contributors in and out, see who is in it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from collector_api.commands.cli import add_store, existing_store, table, write
from collector_api.problems import Problem
from collector_api.rows import studies, tokens
from pairlog.cli import Configure
from pairlog.errors import UserError

T = TypeVar("T")


def _options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="begin a study")
    create.add_argument("study", metavar="STUDY")
    create.add_argument("--conditions", required=True, metavar="A,B,...", help="what chance decides between")
    create.set_defaults(run=_create)
    listing = actions.add_parser("list", help="show the studies")
    listing.set_defaults(run=_list)
    members = actions.add_parser("members", help="show who is in a study, in which condition")
    members.add_argument("study", metavar="STUDY")
    members.set_defaults(run=_members)
    join = actions.add_parser("join", help="let a contributor in; prints the condition, which stays theirs")
    join.set_defaults(run=_join)
    leave = actions.add_parser("leave", help="let a contributor out")
    leave.set_defaults(run=_leave)
    for action in (join, leave):
        action.add_argument("study", metavar="STUDY")
        action.add_argument("contributor", metavar="NAME")
    for action in (listing, members):
        action.add_argument("--json", action="store_true", help="as an array of objects")
    for action in (create, listing, members, join, leave):
        add_store(action)


COMMANDS: dict[str, Configure] = {"study": _options}


def _create(args: argparse.Namespace) -> int:
    conditions = args.conditions.split(",")
    _written(args, lambda connection: studies.create(connection, args.study, conditions))
    return 0


def _list(args: argparse.Namespace) -> int:
    _show(args, _read(args, studies.listed), ("study", "conditions", "members", "created_at"))
    return 0


def _members(args: argparse.Namespace) -> int:
    rows = _read(args, lambda connection: studies.members(connection, args.study))
    _show(args, rows, ("contributor", "condition", "joined_at", "left_at"))
    return 0


def _join(args: argparse.Namespace) -> int:
    def job(connection: Connection) -> str:
        return studies.join(connection, args.study, _contributor(connection, args.contributor))

    print(_written(args, job))
    return 0


def _leave(args: argparse.Namespace) -> int:
    def job(connection: Connection) -> None:
        studies.leave(connection, args.study, _contributor(connection, args.contributor))

    _written(args, job)
    return 0


def _contributor(connection: Connection, name: str) -> int:
    found = tokens.known(connection, name)
    if found is None:
        raise UserError(f"nobody here is called {name}; `pairlog token list` shows the names")
    return found


def _written(args: argparse.Namespace, job: Callable[[Connection], T]) -> T:
    try:
        return write(existing_store(args), job)
    except Problem as problem:
        raise UserError(problem.detail) from None


def _read(args: argparse.Namespace, job: Callable[[Connection], T]) -> T:
    engine = existing_store(args).open_reading()
    try:
        with engine.begin() as connection:
            return job(connection)
    except Problem as problem:
        raise UserError(problem.detail) from None
    finally:
        engine.dispose()


def _show(args: argparse.Namespace, rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    chosen = [{name: row[name] for name in names} for row in rows]
    if args.json:
        print(json.dumps(chosen, indent=2))
    else:
        print("\n".join(table(names, ([_word(row[name]) for name in names] for row in chosen))))


def _word(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
