"""Lines as rows of columns, and back, byte for byte; pure.

An edit has a row for each of its changes, a selection one for each of its ranges; every other line, and one
that would not come back as it was, has one row that holds it in `raw`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import msgspec

from pairlog.line import LineError, parse, write

RANGE = ("line", "column", "end_line", "end_column")
#: The columns of a row, in their order.
NAMES = (
    "session",
    "seq",
    "t",
    "type",
    "doc",
    "version",
    *RANGE,
    "text",
    "cause",
    "evidence",
    "rule",
    "ref",
    "raw",
)

#: For each type that has columns of its own: its fields in the order of the wire, and which has the ranges.
_FIELDS = {
    "edit": ("doc", "changes", "version", "cause", "evidence", "rule", "ref"),
    "select": ("doc", "selections"),
}
_RANGES = {"edit": "changes", "select": "selections"}
_NUMBERS = ("doc", "version")


class _Envelope(msgspec.Struct):
    seq: int
    t: int
    type: str


_envelope = msgspec.json.Decoder(_Envelope)
_INT32 = range(-(2**31), 2**31)


def rows(session: str, line: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a line that was checked before; a column that is not in one is null."""
    found = _envelope.decode(line)
    envelope = {"session": session, "seq": found.seq, "t": found.t, "type": found.type}
    body = _body(found.type, line)
    if body is None:
        yield {**envelope, "raw": line.decode()}
        return
    ranges = body.pop(_RANGES[body["type"]])
    for place in ranges:
        yield {**envelope, **body, **dict(zip((*RANGE, "text"), place, strict=False))}


def lines(table: Mapping[str, list[Any]]) -> Iterator[bytes]:
    """The lines of one session's rows, which stand in the order of the session."""
    for _, places in groupby(range(len(table["seq"])), table["seq"].__getitem__):
        yield _line(table, list(places))


def _line(table: Mapping[str, list[Any]], places: list[int]) -> bytes:
    first = places[0]
    raw: str | None = table["raw"][first]
    if raw is not None:
        return raw.encode()
    kind = table["type"][first]
    fields = {name: table[name][first] for name in _FIELDS[kind] if name in table}
    bounds = RANGE if kind == "select" else (*RANGE, "text")
    ranges = [[table[name][place] for name in bounds] for place in places]
    return _written(table["seq"][first], table["t"][first], kind, fields, ranges)


def _written(seq: int, t: int, kind: str, fields: Mapping[str, Any], ranges: list[Any]) -> bytes:
    body: dict[str, Any] = {"seq": seq, "t": t, "type": kind}
    for name in _FIELDS[kind]:
        value = ranges if name == _RANGES[kind] else fields.get(name)
        if value is not None:
            body[name] = value
    return write(body)


def _body(kind: str, line: bytes) -> dict[str, Any] | None:
    """The fields of a line whose columns give it back with the same bytes; None for any other."""
    if kind not in _FIELDS:
        return None
    try:
        body = parse(line)
    except LineError:
        return None
    return body if _fits(body, line) else None


def _fits(body: Mapping[str, Any], line: bytes) -> bool:
    kind = body["type"]
    known = _FIELDS[kind]
    ranges = body.get(_RANGES[kind])
    if not ranges or type(ranges) is not list or not all(_is_range(place, kind) for place in ranges):
        return False
    for name in known:
        value = body.get(name)
        if name == _RANGES[kind] or value is None:
            continue
        if name in _NUMBERS:
            if type(value) is not int or value not in _INT32:
                return False
        elif type(value) is not str:
            return False
    return _written(body["seq"], body["t"], kind, body, ranges) == line


def _is_range(place: Any, kind: str) -> bool:
    if type(place) is not list:
        return False
    *numbers, text = place if kind == "edit" else (*place, "")
    return (
        len(numbers) == len(RANGE)
        and type(text) is str
        and all(type(number) is int and number in _INT32 for number in numbers)
    )
