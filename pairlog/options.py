"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from pairlog.home import default_home


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--data`, `--database-url` and `--from`: where a command reads sessions."""
    store = parser.add_mutually_exclusive_group()
    store.add_argument("--data", type=Path, metavar="DIR", help="a collector's data folder")
    store.add_argument("--database-url", metavar="URL", help="a collector's database")
    store.add_argument(
        "--from",
        dest="source",
        metavar="URI",
        help="an exported session or folder, or a collector's address",
    )


def store_uri(args: argparse.Namespace) -> str:
    """The address that `pairlog.source.open_source` reads; by default the store in the home."""
    if args.source:
        return str(args.source)
    if args.database_url:
        return str(args.database_url)
    return database_uri(args.data or default_home() / "data")


def database_uri(data: Path) -> str:
    """The address of the SQLite file in a data folder."""
    return f"sqlite:///{data.absolute() / 'pairlog.db'}"
