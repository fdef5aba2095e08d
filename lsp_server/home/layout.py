"""The files of one session in the home, and what a route says."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pairlog.home import Home


@dataclass(frozen=True)
class Route:
    """Where a session goes. Without a collector it waits for one in the environment or `pairlog.toml`."""

    collector: str | None
    token: str | None


class SessionFiles:
    """Every path that belongs to a session."""

    def __init__(self, home: Home, session: str) -> None:
        self.session = session
        self.spool = home.spool / f"{session}.ndjson"
        self.route = home.spool / f"{session}.json"
        self.outbox = home.outbox / f"{session}.ndjson"
        self.parked = home.outbox / f"{session}.parked"
        #: What has left and must be taken back.
        self.recalls = home.outbox / f"{session}.recalls"
        self.control = home.control / f"{session}.ndjson"
        #: Held locked by the recorder as long as it lives.
        self.pid = home.path / f"recorder-{session}.pid"
        #: How the recorder is doing.
        self.state = home.path / f"recorder-{session}.json"
        #: Lines that were set aside; they outlive the session's other files.
        self.refused = home.path / "refused" / f"{session}.ndjson"

    def read_route(self) -> Route:
        """The route; an empty one where the file is missing or torn."""
        try:
            found = json.loads(self.route.read_bytes())
            return Route(found["collector"], found["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return Route(None, None)

    def write_route(self, route: Route) -> None:
        """Keep the route, readable by its owner alone. Raises OSError."""
        descriptor = os.open(self.route, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(route), stream)

    def remove(self) -> None:
        """Delete all but the lines set aside.

        A session is known by its spool, and delivered on its route: whoever finds the one has the other.
        """
        own = (self.outbox, self.parked, self.recalls, self.control, self.pid, self.state)
        for file in (*own, self.spool, self.route):
            file.unlink(missing_ok=True)


def sessions_in(home: Home) -> list[str]:
    """The ids of the sessions whose files are here, the oldest first."""
    try:
        # A third of what a glob costs, and the sender asks each time that a session comes or goes.
        with os.scandir(home.spool) as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return []
    return sorted(name.removesuffix(".ndjson") for name in names if name.endswith(".ndjson"))


def tokens_in(home: Home, collector: str) -> list[str]:
    """The tokens that recorders of this home gave for a collector, the newest first."""
    found = []
    for session in reversed(sessions_in(home)):
        route = SessionFiles(home, session).read_route()
        if route.collector == collector and route.token:
            found.append(route.token)
    return found


def recorders_in(home: Home) -> list[Path]:
    """The lock files of recorders, dead ones too."""
    return sorted(home.path.glob("recorder-*.pid"))
