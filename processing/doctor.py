"""What processing needs of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from pairlog.doctor import Fact
from processing.episodes.sandbox import available


def facts() -> Iterator[Fact]:
    """Processing's packages, and the sandbox, without which nothing is executed."""
    yield Fact("processing", True, f"pandas {version('pandas')}, orjson {version('orjson')}")
    trouble = available()
    yield Fact("sandbox", trouble is None, trouble or "bubblewrap runs a program")
