"""Where the sessions of the last day went, so that minutes of them can still be taken back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.refused import Refused
from lsp_server.sending.recalls import Recalls, forget_time
from pairlog.home import Home

_KEPT_S = 24 * 3600


@dataclass(frozen=True)
class DeliveredSession:
    """A session that is nowhere here any more. `workspace` is the keyed hash of its header."""

    session: str
    workspace: str
    ended_at_s: float
    collector: str
    token: str | None


def remember(home: Home, delivered: DeliveredSession) -> None:
    """Keep the record, readable by its owner alone, and let go of old ones. Raises OSError."""
    home.delivered.mkdir(mode=0o700, exist_ok=True)
    for path in home.delivered.iterdir():
        if time.time() - path.stat().st_mtime > _KEPT_S:
            path.unlink(missing_ok=True)
    path = home.delivered / f"{delivered.session}.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(asdict(delivered), stream)


def delivered_since(home: Home, moment_s: float) -> Iterator[DeliveredSession]:
    """The sessions that ended after this moment, in seconds since 1970."""
    for path in sorted(home.delivered.glob("*.json")):
        found = _read(path)
        if found is not None and found.ended_at_s >= moment_s:
            yield found


def was_delivered(home: Home, session: str) -> bool:
    """Whether nothing of this session needs to be here but what is taken back of it."""
    return (home.delivered / f"{session}.json").exists()


def take_back(home: Home, delivered: DeliveredSession, since_ms: int, until_ms: int) -> None:
    """Have the sender ask the collector to forget what this session has of a time. Raises OSError."""
    files = SessionFiles(home, delivered.session)
    files.write_route(Route(delivered.collector, delivered.token))
    Refused(files.refused).forget()
    Recalls(files.recalls).add([forget_time(since_ms, until_ms)])
    # Last: by its spool the sender knows that there is something to do.
    files.spool.touch(mode=0o600)


def _read(path: Path) -> DeliveredSession | None:
    try:
        return DeliveredSession(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
