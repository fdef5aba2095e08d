"""Processing's commands. Each noun's `commands.py` is loaded only when one of its commands is called."""

from __future__ import annotations

import argparse
import importlib

from pairlog.cli import Configure


def _of(noun: str, name: str) -> Configure:
    def configure(parser: argparse.ArgumentParser) -> None:
        module = importlib.import_module(f"processing.{noun}.commands")
        commands: dict[str, Configure] = module.COMMANDS
        commands[name](parser)

    return configure


COMMANDS: dict[str, Configure] = {
    name: _of(noun, name)
    for noun, names in {
        "sessions": ("sessions", "replay", "verify", "export"),
        "imports": ("import",),
        "trajectories": ("trajectories",),
        "episodes": ("episodes",),
        "benchmark": ("bench",),
    }.items()
    for name in names
}
