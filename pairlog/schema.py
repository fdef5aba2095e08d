"""The JSON Schema of the wire, derived from the event classes; pure."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pairlog import WIRE
from pairlog.events import TYPES, Event

_PLAIN: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    Any: {},
}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of one line. Fields of later versions are allowed, as they must survive."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Pairlog event, wire format {WIRE}",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in TYPES],
        "$defs": {name: event_schema(cls) for name, cls in TYPES.items()},
    }


def event_schema(cls: type[Event]) -> dict[str, Any]:
    """The schema of one event class; each field has its kind under `x-kind`."""
    hints = get_type_hints(cls)
    properties: dict[str, Any] = {"type": {"const": cls.type}}
    for field in fields(cls):
        properties[field.name] = {**_of(hints[field.name]), "x-kind": field.metadata["kind"]}
    required = [field.name for field in fields(cls) if field.default is MISSING]
    return {
        "description": " ".join((cls.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": ["type", *required],
    }


def _of(hint: Any) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, types.UnionType):
        # Only `X | None` occurs, and None means that the field is absent.
        (inner,) = (arg for arg in args if arg is not types.NoneType)
        return _of(inner)
    if origin is list:
        return {"type": "array", "items": _of(args[0])}
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [_of(arg) for arg in args],
            "minItems": len(args),
            "maxItems": len(args),
        }
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(args[1])}
    raise TypeError(f"no schema for {hint}")
