"""What processing needs of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import orjson
import pandas as pd

from pairlog.doctor import Fact
from processing.episodes import sandbox


def facts() -> Iterator[Fact]:
    """Processing's packages, the sandbox that runs episodes, and the runner of their tests."""
    yield Fact("processing", True, f"pandas {pd.__version__}, orjson {orjson.__version__}")
    reason = sandbox.available()
    yield Fact("sandbox", reason is None, reason or "bubblewrap runs a program: no network, not root")
    try:
        yield Fact("pytest", True, f"{version('pytest')}, for the tests of episodes")
    except PackageNotFoundError:
        yield Fact("pytest", False, "is missing, and no episode runs without it: pip install pytest")
