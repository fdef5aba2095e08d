"""The rows that a collector lists, read from JSON with their types held against the declared ones."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from pairlog.fields import Reader, reader

Row = TypeVar("Row")
#: Made when a class is first met; whether a field may be None stands beside its reader.
_readers: dict[type, dict[str, tuple[Reader, bool]]] = {}


@dataclass(frozen=True)
class Tombstone:
    """A session that was erased, or its lines with the seqs `from_` to `through` that were forgotten.

    Of a whole session both are None. `id` is its place in the order in which they were.
    """

    id: int
    session: str
    at: str
    from_: int | None = None
    through: int | None = None


@dataclass(frozen=True)
class Study:
    """A study; `condition` is the one of whoever asks, where they are in it."""

    study: str
    conditions: list[str]
    members: int
    condition: str | None
    created_at: str


def read_row(kind: type[Row], body: Any) -> Row:
    """A row of this class, without what a later collector may add to it.

    Raises ValueError where it is no object, or a field is missing or mistyped.
    """
    if not isinstance(body, dict):
        raise ValueError("no object")
    values = {}
    for name, (read, may_be_none) in (_readers.get(kind) or _make_readers(kind)).items():
        # A name that Python keeps for itself has an underscore here.
        wire = name.rstrip("_")
        if wire in body:
            value = body[wire]
            values[name] = None if value is None and may_be_none else read(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _make_readers(kind: type) -> dict[str, tuple[Reader, bool]]:
    hints = get_type_hints(kind)
    readers = {name: (reader(hint), NoneType in get_args(hint)) for name, hint in hints.items()}
    _readers[kind] = readers
    return readers
