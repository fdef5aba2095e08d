"""`pairlog serve`, `pairlog open`, `pairlog token` and `pairlog erase`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from collector_api.database.database import Database, database_at
from collector_api.database.direct import Direct
from collector_api.door import browser
from collector_api.erasing import erasure
from collector_api.problems import Erased, NoStorage
from collector_api.rows import archive, sessions, tokens
from collector_api.rows.tokens import OPERATOR, ROLES, TokenInfo
from collector_api.server import logs
from pairlog.cli import Configure
from pairlog.duration import seconds_of
from pairlog.errors import UserError
from pairlog.home import default_home
from pairlog.options import database_uri

HOST, PORT = "127.0.0.1", 8377
#: How long a command waits for readers of what it deleted.
_SCRUB_MS_MAX = 5_000

T = TypeVar("T")


def _serve_options(parser: argparse.ArgumentParser) -> None:
    add_store(parser)
    parser.add_argument("--host", default=HOST, help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=PORT, help="the port; 0: any free one (%(default)s)")
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that serve; above 1 on PostgreSQL (%(default)s)"
    )
    parser.add_argument("--log", choices=logs.FORMS, default="text", help="the form of the log (%(default)s)")
    parser.add_argument(
        "--retention-days",
        type=_days,
        default=os.environ.get("PAIRLOG_RETENTION_DAYS"),
        metavar="N",
        help="erase sessions so long after their last line came (default: PAIRLOG_RETENTION_DAYS, or never)",
    )
    parser.set_defaults(run=_serve)


def _open_options(parser: argparse.ArgumentParser) -> None:
    add_store(parser)
    parser.add_argument(
        "--url",
        default=f"http://{HOST}:{PORT}",
        help="where browsers find the collector, as the proxy in front is called (%(default)s)",
    )
    parser.set_defaults(run=_open)


def _token_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a token and print it; it is not shown again")
    create.add_argument("name", metavar="NAME", help="whose token it is")
    create.add_argument("--role", choices=ROLES, required=True)
    create.add_argument(
        "--expires",
        type=_span,
        metavar="SPAN",
        help="in force for so long, such as 90d (default: until revoked)",
    )
    create.set_defaults(run=_create_token)
    listing = actions.add_parser("list", help="show the tokens, without what they are")
    listing.add_argument("--json", action="store_true", help="as an array of objects")
    listing.set_defaults(run=_list_tokens)
    revoke = actions.add_parser("revoke", help="take a token, or all of a name, out of force")
    revoke.add_argument("wanted", metavar="ID|NAME")
    revoke.add_argument(
        "--by", choices=("id", "name"), help="which of both is meant, where it could be either"
    )
    revoke.set_defaults(run=_revoke_token)
    for action in (create, listing, revoke):
        add_store(action)


def _erase_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("session", metavar="SESSION", nargs="?", help="its id, or the beginning of it")
    what.add_argument("--contributor", metavar="NAME", help="all that is kept of somebody, with their tokens")
    add_store(parser)
    parser.set_defaults(run=_erase)


COMMANDS: dict[str, Configure] = {
    "serve": _serve_options,
    "open": _open_options,
    "token": _token_options,
    "erase": _erase_options,
}


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--data` and `--database-url`: which store a command is about."""
    store = parser.add_mutually_exclusive_group()
    store.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default: in PAIRLOG_HOME)")
    store.add_argument(
        "--database-url", metavar="URL", help="a database instead: postgresql://USER@HOST/NAME"
    )


def _address(args: argparse.Namespace) -> str:
    return args.database_url or database_uri(args.data or default_home() / "data")


def named_store(args: argparse.Namespace) -> Database:
    """The store that a command names."""
    return database_at(_address(args))


def _serve(args: argparse.Namespace) -> int:
    from collector_api.server.serving import serve

    if args.workers < 1:
        raise UserError("--workers is the number of processes that serve: 1 or more")
    serve(_address(args), args.host, args.port, args.workers, args.log, args.retention_days)


def _open(args: argparse.Namespace) -> int:
    key = write(existing_store(args), lambda connection: browser.one_time_key(connection, OPERATOR))
    print(f"{args.url.rstrip('/')}/enter?key={key}")
    return 0


def _create_token(args: argparse.Namespace) -> int:
    print(
        write(
            named_store(args),
            lambda connection: tokens.create(connection, args.name, args.role, args.expires),
        )
    )
    return 0


def _list_tokens(args: argparse.Namespace) -> int:
    engine = named_store(args).open_reading()
    with engine.begin() as connection:
        rows = tokens.listed(connection)
    engine.dispose()
    if args.json:
        print(json.dumps([row.as_row() for row in rows], indent=2))
    else:
        print("\n".join(table(_HEADER, map(_cells, rows))))
    return 0


def _revoke_token(args: argparse.Namespace) -> int:
    count = write(existing_store(args), lambda connection: tokens.revoke(connection, args.wanted, args.by))
    print(f"{count} revoked")
    return 0


def _erase(args: argparse.Namespace) -> int:
    database = existing_store(args)
    with in_hand(database) as store:
        said = _erase_contributor(store, args) if args.contributor else _erase_session(store, args)
        try:
            scrub(database)
            sweep(store)
        except UserError as error:
            raise UserError(f"erased {said}; {error}") from None
    print(f"erased {said}")
    return 0


def _erase_session(store: Direct, args: argparse.Namespace) -> str:
    def job(connection: Connection) -> str:
        session = _whole_id(connection, args.session)
        try:
            row = sessions.find(connection, session)
        except Erased:
            raise UserError(f"session {session} was erased before") from None
        if row is None:
            raise UserError(f"no session {session} here; `pairlog sessions` lists what there is")
        erasure.erase(connection, row)
        return session

    return store.written(job)


def _erase_contributor(store: Direct, args: argparse.Namespace) -> str:
    name = str(args.contributor)
    with store.reading() as connection:
        contributor = tokens.known(connection, name)
    if contributor is None:
        raise UserError(f"nobody here is called {name}; `pairlog token list` shows the names")
    count = erasure.erase_contributor(store, contributor, lambda session: None)
    return f"{name} and {count} sessions"


def sweep(store: Direct) -> None:
    """Take out of a lake what was taken out of the store. Raises UserError where it cannot be reached."""
    with store.reading() as connection:
        if not archive.is_stale(connection):
            return
    # Only who has a lake needs what it is read with.
    from collector_api.archiving import files as lake_files

    if failed := lake_files.sweep(store):
        raise UserError(
            f"what was erased is still in {len(failed)} files of the lake ({failed[0]}); "
            "`pairlog serve` and `pairlog lake export` try again"
        )


def _days(word: str) -> float:
    number = float(word)
    if not 0 < number < 36_500:
        raise argparse.ArgumentTypeError("a number of days above 0")
    return number


def _span(words: str) -> int:
    try:
        return seconds_of(words)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _whole_id(connection: Connection, wanted: str) -> str:
    """The id that begins with `wanted`, as `pairlog sessions` shows it, where only one does."""
    ids = [row.session for row in sessions.everything(connection)]
    found = [session for session in ids if wanted and session.startswith(wanted)]
    if len(found) > 1:
        raise UserError(f"{len(found)} sessions begin with {wanted}; give more of the id")
    return found[0] if found else wanted


def existing_store(args: argparse.Namespace) -> Database:
    """The store that a command names. Raises UserError where no store of this version is."""
    database = named_store(args)
    database.open_reading().dispose()
    return database


@contextmanager
def in_hand(database: Database) -> Iterator[Direct]:
    """A store that a command changes. Raises UserError where that cannot be."""
    try:
        with Direct(database) as store:
            yield store
    except DBAPIError as error:
        raise UserError(f"cannot write {database.name}: {error.orig}; try again in a moment") from None


def scrub(database: Database) -> None:
    """Bring what was deleted out of the files. Raises UserError where that cannot be done now."""
    try:
        why = None if database.scrub(_SCRUB_MS_MAX) else "somebody reads it"
    except NoStorage as error:
        why = error.reason
    if why is not None:
        raise UserError(
            f"what was deleted still stands in the files of {database.name}: {why}; "
            "`pairlog serve` takes it out within a minute of their end"
        )


def write(database: Database, job: Callable[[Connection], T]) -> T:
    """What a job returns, once it is written. Raises UserError where that cannot be."""
    with in_hand(database) as store:
        return store.written(job)


_HEADER = ("id", "name", "role", "created", "last used", "expires", "state")


def _cells(row: TokenInfo) -> tuple[str, ...]:
    return (
        str(row.id),
        row.name,
        row.role,
        row.created_at[:16],
        (row.last_used_at or "never")[:16],
        (row.expires_at or "never")[:16],
        row.state,
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under their header, as lines of text with columns of one width."""
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
