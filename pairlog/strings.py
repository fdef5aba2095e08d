"""The strings of a line, each with its pointer and its declared kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pairlog.events import TYPES, Agent, Annotation, Edit, Event, Feedback, Kind, Review, Run, kinds
from pairlog.pointer import step

#: Hashes: their digits are nobody's words.
_HASHES = frozenset({("open", "blob"), ("save", "sha256"), ("workspace", "manifest")})


def strings(body: dict[str, Any]) -> Iterator[tuple[str, Kind, str]]:
    """`(pointer, kind, string)` of each string in a line's object, hashes aside.

    What a later version brought, a type or a field, counts as `text`.
    """
    name = body["type"]
    cls = TYPES.get(name)
    declared = {} if cls is None else kinds(cls)
    for key, value in body.items():
        if key != "type" and (name, key) not in _HASHES:
            kind = declared.get(key, "text")
            for pointer, string in inside(value, step(key)):
                yield pointer, kind, string


def names(value: Any) -> Iterator[str]:
    """The names of the fields of each object in a JSON value."""
    if isinstance(value, list):
        for item in value:
            yield from names(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from names(item)


def typed(event: Event) -> Iterator[str]:
    """The strings of an event that a person typed."""
    if isinstance(event, Edit):
        for _, text in inside(event.changes, ""):
            yield text
    elif isinstance(event, Run):
        yield event.command or ""
    elif isinstance(event, (Annotation, Review)) or (isinstance(event, Agent) and event.phase == "prompt"):
        yield event.text or ""
    elif isinstance(event, Feedback):
        yield event.reason or ""


def inside(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """`(pointer, string)` of each string in a JSON value that has this pointer."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from inside(item, f"{pointer}/{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from inside(item, f"{pointer}{step(key)}")
