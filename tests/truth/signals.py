"""The signals that have a labelled truth, and what their scripts come to."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tests.truth as package
from tests.truth.measure import Bar, Case, Labelled, cases

#: How many seeds each script is played with in `make bench`.
ROUNDS = 20


class Signal(NamedTuple):
    """A module of a signal, as `tests/truth/__init__.py` says it."""

    name: str
    bars: Mapping[tuple[str, str], Bar]
    labelled: Callable[[Path, int], Iterable[Labelled]]

    def play(self, folder: Path, rounds: int) -> list[Case]:
        """Play all scripts in `folder` and compare."""
        return cases(self.labelled(folder, rounds))


def signals() -> list[Signal]:
    """All signals, by name."""
    modules: list[tuple[str, Any]] = [
        (info.name, importlib.import_module(f"{package.__name__}.{info.name}"))
        for info in pkgutil.iter_modules(package.__path__)
        if not info.name.startswith(("_", "test_"))
    ]
    return [Signal(name, it.BARS, it.labelled) for name, it in modules if hasattr(it, "labelled")]
