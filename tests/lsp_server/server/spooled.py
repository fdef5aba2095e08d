"""What the only session of a home holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pairlog.home import Home
from pairlog.replay import verify
from tests.support.processes import wait_for


def spooled(home: Home) -> list[dict[str, Any]]:
    """The lines of the only session in a home."""
    (file,) = home.spool.glob("*.ndjson")
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def kinds(home: Home) -> list[str]:
    return [event["type"] for event in spooled(home)]


def wait_for_line(home: Home, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def find() -> dict[str, Any] | None:
        is_there = any(home.spool.glob("*.ndjson"))
        return next((event for event in spooled(home) if wanted(event)), None) if is_there else None

    return wait_for("a line", find)


def verified(home: Home) -> bool | None:
    (file,) = home.spool.glob("*.ndjson")
    lines = file.read_bytes().splitlines()
    return verify(lines, lambda digest: (home.blobs / digest).read_bytes()).verified
