"""Spans of time as people write them: `90s`, `10m`, `2h`, `1d`."""

from __future__ import annotations

import re

from pairlog.errors import UserError

_PATTERN = re.compile(r"(\d{1,6})\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(words: str) -> int:
    """The seconds of a duration. Raises UserError."""
    found = _PATTERN.fullmatch(words.strip())
    if found is None or not int(found[1]):
        raise UserError(f"`{words}` is no span of time; write 90s, 10m, 2h or 1d")
    return int(found[1]) * _SECONDS[found[2]]
