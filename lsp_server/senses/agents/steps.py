"""What one event of an agent becomes: observations, each with its time; and what every reading needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from lsp_server.senses.agents.logs import Record

#: Ids are told to everybody, so they may be nothing but ids.
_ID = re.compile(r"[A-Za-z0-9_.:/#@-]{1,128}")
_DURATION_MS_MAX = 86_400_000


class Step(NamedTuple):
    """An observation; it happened `before_ms` milliseconds before its record's time."""

    observation: dict[str, Any]
    before_ms: int = 0


#: Raises ValueError where an event lacks a field that it cannot do without.
Reading: TypeAlias = Callable[[Record], Iterator[Step]]


def agent(provider: str, conversation: str | None, phase: str, name: str, **fields: Any) -> Step:
    """A step of an agent, as it said itself."""
    told = {"type": "agent", "id": name, "phase": phase, "conversation": conversation, "provider": provider}
    return Step({**told, **fields, "evidence": "reported"})


def feedback(ref: str, rating: int | None, reason: str | None = None) -> Step:
    """What a person thought of a step."""
    return Step({"type": "feedback", "ref": ref, "rating": rating, "reason": reason})


def id_of(record: Record, key: str) -> str:
    """An attribute that is an id. Raises ValueError."""
    return checked(record.text(key))


def checked(value: str | None) -> str:
    """An id. Raises ValueError for anything else."""
    if value is None or _ID.fullmatch(value) is None:
        raise ValueError("an id")
    return value


def duration_ms(record: Record) -> int:
    """How long something took; 0 where that is not said."""
    value = record.attributes.get("duration_ms")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    return int(value) if isinstance(value, (int, float)) and 0 <= value <= _DURATION_MS_MAX else 0
