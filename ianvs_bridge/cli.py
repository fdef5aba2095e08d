"""The commands of this room."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ianvs_bridge import doctor, export


def configure(parser: argparse.ArgumentParser) -> None:
    """Add `export` and `doctor` below `pairlog ianvs`."""
    commands = parser.add_subparsers(dest="ianvs_command", metavar="COMMAND", required=True)
    export.configure(
        commands.add_parser("export", help="write a job folder that Ianvs runs", description=export.__doc__)
    )
    doctor.configure(
        commands.add_parser(
            "doctor", help="what Ianvs needs here and what is missing", description=doctor.__doc__
        )
    )


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"ianvs": configure}
