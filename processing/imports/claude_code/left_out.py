"""What a transcript holds and a session does not get: counted by name, so that no loss is silent; pure."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[A-Za-z0-9_ -]{1,40}")


class LeftOut:
    """Counts. A name comes from a transcript, and only one that is a plain word is told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, what: str, name: object = "", count: int = 1) -> None:
        """Count something; `name` is the transcript's own word for it."""
        if name == "":
            told = what
        elif isinstance(name, str) and _WORD.fullmatch(name):
            told = f"{what} `{name}`"
        else:
            told = f"{what} without a name"
        self.counts[told] += count
