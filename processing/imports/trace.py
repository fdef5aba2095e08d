"""An editing trace as its file tells it: read, and every value of it checked; pure.

The form is that of josephg/editing-traces, `sequential_traces`: JSON with `startContent`, `endContent` and
`txns: [{time, patches: [[position, deleted, inserted], ...]}]`; positions count code points.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeAlias

from pairlog.position import scrub

#: `(position, deleted, inserted)`, in code points from the start of the text that the patch before left.
Patch: TypeAlias = tuple[int, int, str]

_SHOWN_CHARS_MAX = 40


class BadTrace(ValueError):
    """Why something is no editing trace; the message names the place, such as `txns[5].patches[0]`."""


@dataclass(frozen=True)
class Transaction:
    """Patches that were made at once; `time` is in UTC."""

    time: datetime
    patches: list[Patch]


@dataclass(frozen=True)
class Trace:
    """A text from its start to its end. Lone surrogates are U+FFFD, as everywhere in Pairlog."""

    start: str
    end: str
    transactions: list[Transaction]


def read_trace(data: bytes) -> Trace:
    """The trace in the JSON of a file. Raises BadTrace where it is none.

    Whether the patches fit the text is not checked here.
    """
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadTrace(f"not JSON ({error})") from None
    return Trace(
        start=_text(_member(raw, "startContent", ""), "startContent"),
        end=_text(_member(raw, "endContent", ""), "endContent"),
        transactions=[
            _transaction(it, f"txns[{number}]")
            for number, it in enumerate(_list(_member(raw, "txns", ""), "txns"))
        ],
    )


def _transaction(raw: object, where: str) -> Transaction:
    time = _time(_member(raw, "time", where), f"{where}.time")
    patches = _list(_member(raw, "patches", where), f"{where}.patches")
    return Transaction(time, [_patch(it, where, number) for number, it in enumerate(patches)])


def _patch(raw: object, where: str, number: int) -> Patch:
    if type(raw) is list and len(raw) == 3:
        position, deleted, inserted = raw
        if type(position) is type(deleted) is int and type(inserted) is str:
            return position, deleted, scrub(inserted)
    wanted = "[position, deleted, inserted], two whole numbers and a text"
    raise BadTrace(f"{where}.patches[{number}] is {_shown(raw)}, not {wanted}")


def _time(raw: object, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(_text(raw, where).replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise BadTrace(f"{where} is {_shown(raw)}, not a time of ISO 8601") from None


def _member(raw: object, name: str, where: str) -> Any:
    if not isinstance(raw, dict):
        raise BadTrace(f"{where or 'the file'} is {_shown(raw)}, not an object")
    if name not in raw:
        raise BadTrace(f"{where or 'the file'} has no `{name}`")
    return raw[name]


def _list(raw: object, where: str) -> list[Any]:
    if not isinstance(raw, list):
        raise BadTrace(f"{where} is {_shown(raw)}, not an array")
    return raw


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str):
        raise BadTrace(f"{where} is {_shown(raw)}, not a text")
    return scrub(raw)


def _shown(raw: object) -> str:
    try:
        shown = json.dumps(raw)
    except RecursionError:
        shown = "nested too deep"
    return shown if len(shown) <= _SHOWN_CHARS_MAX else f"{shown[:_SHOWN_CHARS_MAX]}..."
