"""The `pairlog` command: one table of commands, each room mounted only when one of its commands is called.

A room's `cli.py` holds `COMMANDS`: for each command a function that adds its options to a parser and sets
`run`, which takes the parsed arguments and returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from pairlog import __version__
from pairlog.errors import UserError, visible

#: What a room's `COMMANDS` maps a command's name to.
Configure: TypeAlias = Callable[[argparse.ArgumentParser], None]


class Mount(NamedTuple):
    """Where a command lives and which extra brings what it needs."""

    module: str
    extra: str
    help: str


MOUNTS: dict[str, Mount] = {
    "demo": Mount("pairlog.demo", "all", "the whole way on a bundled session"),
    "doctor": Mount("pairlog.doctor", "all", "what works here and what does not, one line each"),
    "lsp": Mount("lsp_server.cli", "recorder", "the language server, on standard input and output"),
    "consent": Mount("lsp_server.cli", "recorder", "choose, or show, what may be recorded in a folder"),
    "pause": Mount("lsp_server.cli", "recorder", "record nothing for a while, in a folder or in all"),
    "resume": Mount("lsp_server.cli", "recorder", "record again after `pairlog pause`"),
    "forget": Mount("lsp_server.cli", "recorder", "take back what was recorded in the last minutes"),
    "inspect": Mount("lsp_server.cli", "recorder", "the very lines that wait, and what was masked in them"),
    "status": Mount("lsp_server.cli", "recorder", "what is recorded here and what waits to be sent"),
    "serve": Mount("collector_api.commands.cli", "collector", "the collector"),
    "open": Mount("collector_api.commands.cli", "collector", "an address that opens the pages once"),
    "token": Mount("collector_api.commands.cli", "collector", "create, list and revoke tokens"),
    "study": Mount("collector_api.commands.studies", "collector", "studies: members and their conditions"),
    "import": Mount("processing.cli", "processing", "turn what others recorded into a session"),
    "erase": Mount("collector_api.commands.cli", "collector", "erase a session for good"),
    "lake": Mount("collector_api.commands.keeping", "lake", "move closed sessions into Parquet files"),
    "backup": Mount("collector_api.commands.keeping", "collector", "copy a store, also while it is served"),
    "restore": Mount("collector_api.commands.restoring", "collector", "put a backup in the place of a store"),
    "repeat-erasures": Mount(
        "collector_api.commands.restoring", "collector", "erase what the database before this one erased"
    ),
    "sessions": Mount("processing.cli", "processing", "list the sessions"),
    "replay": Mount("processing.cli", "processing", "play a session, or print a file at any moment of it"),
    "verify": Mount("processing.cli", "processing", "replay and check every save"),
    "export": Mount("processing.cli", "processing", "write a session as gzipped NDJSON"),
    "trajectories": Mount("processing.cli", "processing", "sessions to steps"),
    "episodes": Mount("processing.cli", "processing", "build and check benchmark episodes"),
    "bench": Mount("processing.cli", "processing", "run models on episodes, report, compare"),
    "ianvs": Mount("ianvs_bridge.cli", "ianvs", "hand episodes over to KubeEdge-Ianvs"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. 2: the words of the call are off. 3: refused."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            args = _parse(arguments)
            return int(args.run(args))
        except ModuleNotFoundError as error:
            raise _missing(error, _wanted(arguments)) from None
    except UserError as error:
        print(f"pairlog: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        reason = error.strerror or type(error).__name__
        print(f"pairlog: cannot use{where}: {reason}; name another place, or mend this one", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pairlog",
        description="Records how engineers and language models write code together.",
    )
    parser.add_argument("--version", action="version", version=f"pairlog {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = _wanted(arguments)
    for name, mount in MOUNTS.items():
        command = commands.add_parser(name, help=mount.help, description=mount.help)
        if name == wanted:
            configure: Configure = importlib.import_module(mount.module).COMMANDS[name]
            configure(command)
    return parser.parse_args(arguments)


def _wanted(arguments: list[str]) -> str:
    """The command that is called; empty where there is none."""
    return next((word for word in arguments if not word.startswith("-")), "")


def _missing(error: ModuleNotFoundError, command: str) -> UserError:
    """What to do about a package that is not installed. Raises the error again where it is one of ours."""
    package = (error.name or "").partition(".")[0]
    if package in {mount.module.partition(".")[0] for mount in MOUNTS.values()} or command not in MOUNTS:
        raise error
    return UserError(
        f"`pairlog {command}` needs {package}, which is not installed; "
        f"install it with: pip install 'pairlog[{MOUNTS[command].extra}]'"
    )
