"""The recorder's commands: `lsp`, `consent`, `pause`, `resume`, `forget`, `inspect`, `status`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from pairlog.cli import Configure
from pairlog.consent import LEVELS, USES, parse, store, stored
from pairlog.errors import UserError
from pairlog.home import Home, default_home, open_home


def serve() -> int:
    """Run the language server until its client leaves."""
    from lsp_server.protocol.server import create_server

    create_server().start_io()
    return 0


def _lsp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="what it does anyway; many clients say it")
    parser.set_defaults(run=lambda _args: serve())


def _consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="[PATH] [LEVEL]", help=f"a folder (default: here); {', '.join(LEVELS)}"
    )
    parser.add_argument("--use", choices=USES, help="who may use what is recorded (default: private)")
    parser.add_argument("--json", action="store_true", help="print the choice as JSON")
    parser.set_defaults(run=_choose)


def _choose(args: argparse.Namespace) -> int:
    from lsp_server.orders import ask

    folder, level = _folder_and_level(args.words)
    if level is None:
        if args.use is not None:
            raise UserError("--use goes with a level: pairlog consent [PATH] LEVEL --use USE")
        choice = stored(_home(), folder)
    else:
        choice = parse(level, args.use)
        home = open_home()
        store(home, folder, choice)
        ask.lower_consent(home, folder, choice.level)
    level, use = (choice.level, choice.use) if choice else (None, None)
    if args.json:
        print(json.dumps({"path": str(folder), "level": level, "use": use}))
    elif choice is None:
        print(f"{folder}: nothing chosen, so nothing is recorded; choose with: pairlog consent {_HINT}")
    else:
        print(f"{folder}: {level}" + ("" if level == "off" else f", for {use} use"))
    return 0


_HINT = "|".join(LEVELS)


def _folder_and_level(words: list[str]) -> tuple[Path, str | None]:
    """Read `[PATH] [LEVEL]`: a single word is a level where it is the name of one."""
    if len(words) > 2:
        raise UserError("too many words; say: pairlog consent [PATH] [LEVEL]")
    if len(words) == 2:
        path, level = words[0], words[1]
    elif words and words[0] in LEVELS:
        path, level = ".", words[0]
    else:
        path, level = (words[0] if words else "."), None
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        known = ", ".join(LEVELS)
        raise UserError(f"{path} is no folder and no level; give a folder that is there, or one of: {known}")
    return folder, level


def _pause(parser: argparse.ArgumentParser) -> None:
    _add_where(parser)
    parser.set_defaults(run=lambda args: _order(args, "paused"))


def _resume(parser: argparse.ArgumentParser) -> None:
    _add_where(parser)
    parser.set_defaults(run=lambda args: _order(args, "recording again"))


def _add_where(parser: argparse.ArgumentParser, json_help: str = "print the folders as JSON") -> None:
    parser.add_argument("where", nargs="?", default=".", metavar="PATH|all", help="a folder (default: here)")
    parser.add_argument("--json", action="store_true", help=json_help)


def _folder(where: str) -> Path | None:
    """The folder that a person named; None for `all`."""
    return None if where == "all" else Path(where).expanduser().resolve()


def _home() -> Home:
    """The home as it is: looking at it makes nothing."""
    return Home(default_home().absolute())


def _order(args: argparse.Namespace, done: str) -> int:
    from lsp_server.orders import ask

    give = ask.pause if done == "paused" else ask.resume
    workspaces = give(_home(), _folder(args.where))
    if args.json:
        print(json.dumps(workspaces))
    else:
        for workspace in workspaces:
            print(f"{workspace}: {done}")
    return 0


def _forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", required=True, metavar="TIME", help="how far back: 90s, 10m, 2h, 1d")
    _add_where(parser, "print the folders, and how many sessions are left to the sender, as JSON")
    parser.set_defaults(run=_take_back)


def _take_back(args: argparse.Namespace) -> int:
    from lsp_server.orders import ask
    from pairlog.duration import seconds_of

    now = time.time()
    since = now - seconds_of(args.last)
    done = ask.forget(_home(), _folder(args.where), int(since * 1000), int(now * 1000))
    if args.json:
        print(json.dumps({"workspaces": done.workspaces, "left_to_sender": done.left_to_sender}))
        return 0
    for workspace in done.workspaces:
        print(f"{workspace}: the last {args.last} are taken back here; what has left follows at once")
    if done.left_to_sender:
        what = "1 session" if done.left_to_sender == 1 else f"{done.left_to_sender} sessions"
        print(f"{what} without a recorder: taken back here and at the collector as soon as it answers")
    if not done.workspaces and not done.left_to_sender:
        print("nothing was recorded here in that time")
    return 0


def _inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="?", metavar="SESSION", help="one session (default: all that wait)")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each line that waits")
    parser.set_defaults(run=_show_waiting)


def _show_waiting(args: argparse.Namespace) -> int:
    from lsp_server.orders import inspection

    home = _home()
    for waiting in inspection.waiting(home, args.session):
        print(json.dumps(waiting.as_json(), ensure_ascii=False) if args.json else waiting.as_text())
    return 0


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=_show_status)


def _show_status(args: argparse.Namespace) -> int:
    from lsp_server.orders.overview import overview

    found = overview(_home())
    if args.json:
        print(json.dumps(found.as_json()))
        return 0
    print(f"home    {found.home}")
    print(f"sender  {'at work' if found.sender else 'resting'}")
    for row in found.sessions:
        where = f" {row.workspace}" if row.workspace else ""
        print(f"{row.session}  {row.state}{where}: {row.recorded} recorded, {row.waiting} waiting")
        if row.refused:
            _print_set_aside("    ", found.home, row.session, row.refused)
        if row.recalled:
            print(
                f"    {row.recalled} characters left before they were part of a secret; they are taken back"
            )
        if row.detail:
            print(f"    {row.detail}")
    if not found.sessions:
        print("nothing is recorded at present and nothing waits")
    for session, count in found.set_aside.items():
        _print_set_aside(f"{session}  delivered: ", found.home, session, count)
    return 0


def _print_set_aside(front: str, home: str, session: str, count: int) -> None:
    lines = "1 line" if count == 1 else f"{count} lines"
    print(f"{front}{lines} set aside in {home}/refused/{session}.ndjson")


COMMANDS: dict[str, Configure] = {
    "lsp": _lsp,
    "consent": _consent,
    "pause": _pause,
    "resume": _resume,
    "forget": _forget,
    "inspect": _inspect,
    "status": _status,
}
