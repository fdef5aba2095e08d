"""What the collector needs of this machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.metadata import version

from pairlog.doctor import Fact


def facts() -> Iterator[Fact]:
    """The collector's packages and the database that Python brings."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("fastapi", "uvicorn", "sqlmodel", "msgspec"))
    yield Fact("collector", True, packages)
    yield Fact("sqlite", True, sqlite3.sqlite_version)
