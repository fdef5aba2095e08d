"""Stripping: a line as its level of consent lets it leave; pure.

It follows the declared kinds of `pairlog/events.py` alone: a field that is declared nowhere does not leave
at level `metadata`. Which level holds for which line is the caller's to know; `in_force` helps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import partial
from typing import Any, NamedTuple

from pairlog.consent import LEVELS, Choice
from pairlog.document import split_lines
from pairlog.events import TYPES, Consent, Event, Kind, Open, Session, Workspace, hashes, kinds
from pairlog.ids import keyed
from pairlog.line import parse, write
from pairlog.position import scrub, units

#: Gives a kept content by the hash that names it; None where it is not here.
Contents = Callable[[str], bytes | None]

#: The fields that say which level holds.
_LEVELS: dict[type[Event], str] = {Session: "consent", Consent: "level"}
#: A line without any of these words leaves at level `content` as it is.
_WORDS = tuple(f'"{cls.type}"'.encode() for cls in (Session, Consent, Workspace))
_SIZE = re.compile(r"\d+,\d+")


def strip(line: bytes, level: Choice, key: bytes, contents: Contents | None = None) -> bytes | None:
    """The line as `level` lets it leave; None where nothing of it may.

    At `metadata` each string of kind `text` becomes its size, each `path` and `identifier` a hash under
    `key`, hashes of content are dropped, and an `open` that names a blob gets its size as text where
    `contents` knows it. At `content` a `workspace` does not leave. A header and a `consent` say at most
    `level`. Not to be applied twice at `metadata`: a size is a text like any other. Raises LineError.
    """
    if level == "workspace":
        return line
    if level == "off":
        return None
    if level == "content" and not any(word in line for word in _WORDS):
        return line
    body = parse(line)
    cls = TYPES.get(body["type"])
    told = _LEVELS.get(cls) if cls is not None else None
    lowered = told is not None and _lower(body, told, level)
    if level == "content":
        if cls is Workspace:
            return None
        return write(body) if lowered else line
    if cls is None:
        return None
    return _strip(cls, body, key, contents)


def in_force(line: bytes, level: Choice) -> Choice:
    """The level from this line on, itself included: what a header or a `consent` says, else `level`."""
    if not any(word in line for word in _WORDS):
        return level
    body = parse(line)
    cls = TYPES.get(body["type"])
    told = body.get(_LEVELS.get(cls, "")) if cls is not None else None
    return told if told in LEVELS else level


def size(text: str) -> str:
    """What stands for a text at level `metadata`: `UNITS,LINES`, in units of UTF-16, line breaks + 1."""
    lines = len(split_lines(text)) if "\r" in text else text.count("\n") + 1
    return f"{units(scrub(text), 'utf-16')},{lines}"


class _Plan(NamedTuple):
    kinds: dict[str, Kind]
    hashes: frozenset[str]
    #: Whether a line says nothing without its hashes.
    needs_hash: bool


#: Made when a type is first met.
_plans: dict[type[Event], _Plan] = {}


def _plan(cls: type[Event]) -> _Plan:
    plan = _plans.get(cls)
    if plan is None:
        required = {field.name for field in fields(cls) if field.default is MISSING}
        plan = _plans[cls] = _Plan(kinds(cls), hashes(cls), bool(required & hashes(cls)))
    return plan


def _strip(cls: type[Event], body: dict[str, Any], key: bytes, contents: Contents | None) -> bytes | None:
    plan = _plan(cls)
    if plan.needs_hash:
        return None
    left: dict[str, Any] = {"seq": body["seq"], "t": body["t"], "type": body["type"]}
    for name, value in body.items():
        kind = plan.kinds.get(name)
        if name in plan.hashes:
            if cls is Open and (known := _size_of(value, contents)) is not None:
                left["text"] = known
        elif kind == "plain":
            left[name] = value
        elif kind == "text":
            left[name] = _replaced(value, size, key)
        elif kind in ("path", "identifier"):
            left[name] = _replaced(value, partial(_hash, key=key), key)
    return write(left)


def _lower(body: dict[str, Any], name: str, level: Choice) -> bool:
    """Have a header or a `consent` say at most `level`; whether that changed it."""
    told = body.get(name)
    if told not in LEVELS or LEVELS.index(told) <= LEVELS.index(level):
        return False
    body[name] = level
    return True


def _size_of(blob: Any, contents: Contents | None) -> str | None:
    """The size of what a blob holds. A recorder at level `metadata` keeps none and writes the size there."""
    if not isinstance(blob, str):
        return None
    if _SIZE.fullmatch(blob):
        return blob
    data = contents(blob) if contents is not None else None
    return None if data is None else size(data.decode("utf-8", "replace"))


def _replaced(value: Any, stand_in: Callable[[str], str], key: bytes) -> Any:
    """A value with `stand_in` in place of each string; the names in an object become hashes."""
    if isinstance(value, str):
        return stand_in(value)
    if isinstance(value, list):
        return [_replaced(item, stand_in, key) for item in value]
    if isinstance(value, dict):
        return {_hash(name, key): _replaced(item, stand_in, key) for name, item in value.items()}
    return value


def _hash(value: str, key: bytes) -> str:
    return keyed(key, scrub(value))
