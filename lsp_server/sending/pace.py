"""How long the sender waits for what: `PAIRLOG_HOLD_S` in the environment, or `hold_s` in `pairlog.toml`."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from lsp_server.home.settings import home_table
from pairlog.errors import UserError
from pairlog.home import Home


@dataclass(frozen=True)
class Pace:
    """Seconds."""

    #: An edit leaves when its line of text has rested for so long,
    hold_s: float = 10.0
    #: and at the latest after so long.
    hold_max_s: float = 60.0
    #: From a release to the look at the spools; what was released meanwhile goes in one frame.
    poll_s: float = 1.0
    #: With nothing left to do, wait a little: an editor that restarts its server is back at once.
    linger_s: float = 2.0


DEFAULT = Pace()


def pace_of(home: Home) -> Pace:
    """The pace that is set for a home. Raises UserError for one that is no number of seconds."""
    table = home_table(home)
    given = {}
    for field in fields(Pace):
        value = os.environ.get(f"PAIRLOG_{field.name.upper()}") or table.get(field.name)
        if value is not None:
            given[field.name] = _seconds(field.name, value)
    return Pace(**given)


def _seconds(name: str, value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, (str, int, float)) else -1.0
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise UserError(f"the setting `{name}` must be a number of seconds")
    return seconds
