"""The one door between events and the lines of the wire.

A line's bytes are the truth: stores and exports carry them as they came, so that an unknown type or field
survives. Decoding is for those who want to understand a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from pairlog.events import TYPES, Edit, Event, Unknown
from pairlog.fields import Reader, reader
from pairlog.position import scrub

#: The longest line that any part of Pairlog takes, in bytes.
LINE_BYTES_MAX = 16 * 1024 * 1024


def _float(digits: str) -> float:
    """The nearest number that can be written again, which an infinity cannot."""
    most = sys.float_info.max
    return max(-most, min(most, float(digits)))


def _int(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:
        return _float(digits)


_decode = json.JSONDecoder(parse_float=_float).decode
#: Also integers of more digits than Python reads; to ask for each would make all others slower.
_decode_any = json.JSONDecoder(parse_float=_float, parse_int=_int).decode
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_NAMES = {cls: tuple(f.name for f in fields(cls)[2:]) for cls in TYPES.values()}
_REQUIRED = {cls: frozenset(f.name for f in fields(cls) if f.default is MISSING) for cls in TYPES.values()}


#: Made when a type is first met.
_readers: dict[type[Event], dict[str, Reader]] = {}


class LineError(ValueError):
    """A line that is no event; the message says why."""


def encode(event: Event) -> bytes:
    """The line of an event, without its line break; fields that are None are left out."""
    body: dict[str, Any] = {"seq": event.seq, "t": event.t, "type": event.type}
    for name in _NAMES[type(event)]:
        value = getattr(event, name)
        if value is not None:
            body[name] = value
    return write(body)


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; numbers beyond all floats are the largest of them.

    Raises LineError where it has no `seq`, `t` and `type`.
    """
    try:
        text = line.decode()
        try:
            body = _decode(text)
        except ValueError:
            body = _decode_any(text)
    except (ValueError, RecursionError) as error:
        raise LineError(f"not JSON ({error})") from None
    if not isinstance(body, dict):
        raise LineError("not a JSON object")
    for name, kind in (("seq", int), ("t", int), ("type", str)):
        if type(body.get(name)) is not kind:
            raise LineError(f"`{name}` is missing or not {kind.__name__}")
    return body


def write(body: Mapping[str, Any]) -> bytes:
    """The line of a JSON object, compact, its fields in their order; lone surrogates become U+FFFD."""
    return scrub(_encoder.encode(body)).encode()


def decode(line: bytes) -> Event:
    """The event of a line; `Unknown` for a type of a later version, later fields left aside.

    Raises LineError where the line is no event, or a field is missing or mistyped. What stands inside an
    edit's `changes` is left to whoever applies them.
    """
    body = parse(line)
    name = body.pop("type")
    cls = TYPES.get(name)
    if cls is None:
        return Unknown(seq=body.pop("seq"), t=body.pop("t"), name=name, fields=body)
    readers = _readers.get(cls) or _make_readers(cls)
    values = {}
    for key, value in body.items():
        read = readers.get(key)
        if read is not None and value is not None:
            try:
                values[key] = read(value)
            except (ValueError, RecursionError):
                raise LineError(f"{name}: `{key}` is mistyped") from None
    try:
        return cls(**values)
    except TypeError:
        missing = ", ".join(f"`{key}`" for key in sorted(_REQUIRED[cls] - values.keys()))
        raise LineError(f"{name} without {missing}") from None


def decode_all(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of lines, in their order."""
    return map(decode, lines)


def _make_readers(cls: type[Event]) -> dict[str, Reader]:
    readers = {name: reader(hint) for name, hint in get_type_hints(cls).items() if name != "type"}
    if cls is Edit:
        readers["changes"] = _changes
    _readers[cls] = readers
    return readers


def _changes(value: Any) -> Any:
    if type(value) is list:
        return value
    raise ValueError
