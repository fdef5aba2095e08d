"""Progress for people who wait: a bar on a terminal, nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def progress(items: Sequence[Item], doing: str) -> Iterable[Item]:
    """The items, with a bar on standard error, named `doing`, that goes away when all are done."""
    console = Console(stderr=True)
    return track(items, doing, console=console, transient=True) if console.is_terminal else items
