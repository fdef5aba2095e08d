"""What a collector is asked with, and how its answers are read: the same for the sender and the client; pure.

The requests and the codes of their answers are listed in `docs/protocol.md`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from pairlog import __version__

USER_AGENT = f"pairlog/{__version__}"
_RETRY_AFTER_SECONDS_MAX = 3600.0


@dataclass(frozen=True)
class Answer:
    """A status and the JSON object that came with it; `retry_after` in seconds."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The word that programs go by."""
        return str(self.body.get("code", ""))

    @property
    def detail(self) -> str:
        """The sentence for people, with the status where there is none."""
        return str(self.body.get("detail") or self.body.get("title") or f"status {self.status}")

    def number(self, name: str) -> int | None:
        """An integer of the body."""
        value = self.body.get(name)
        return value if type(value) is int else None


def read_answer(status: int, body: bytes, retry_after: str | None) -> Answer:
    """An answer from its status, its body and its `Retry-After`; a body that is no object counts as empty."""
    try:
        found = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        found = {}
    return Answer(status, found if isinstance(found, dict) else {}, _seconds(retry_after))


def read_problem(body: bytes) -> Answer:
    """A problem document that came without a status before it, such as among server-sent events."""
    answer = read_answer(0, body, None)
    return replace(answer, status=answer.number("status") or 0)


def is_token(token: str) -> bool:
    """Whether a header can carry this; nothing else is a token, and some could break out of its line."""
    return bool(token) and token.isascii() and token.isprintable()


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        # A date: rare, and the growing pauses do as well.
        return None
    return min(max(seconds, 0.0), _RETRY_AFTER_SECONDS_MAX) if isfinite(seconds) else None
