"""Observations of `pairlog/observe`, held against the event classes (docs/protocol.md, section 1); pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, get_type_hints

from lsp_server.causes.reason import Reason
from pairlog.events import OBSERVABLE, Agent, Completion, Edit, Event, Run, Test, kinds
from pairlog.fields import Reader, reader

_TYPES = {cls.type: cls for cls in OBSERVABLE}
_REPORTED = (Completion, Run, Test, Agent)
_WORD = re.compile(r"[a-z_]{1,32}")


class Unsupported(Exception):
    """An observation that is not taken; the message names the type and the field, never a value."""


class Withheld(Exception):
    """An observation of a file that is not recorded: it leaves no trace."""


class Observed(NamedTuple):
    """An event without `seq` and `t`; `ignored` names fields that this version does not know.

    `ms_ago`: how long before it was told it happened; runs alone say so.
    """

    event: type[Event]
    fields: dict[str, Any]
    ignored: list[str]
    ms_ago: int


class _Plan(NamedTuple):
    readers: dict[str, Reader]
    required: frozenset[str]
    paths: frozenset[str]
    texts: frozenset[str]


#: Made when a type is first met: an editor that observes nothing need not wait for them at the start.
_plans: dict[type[Event], _Plan] = {}


def read(
    observation: dict[str, Any],
    number_of: Callable[[str], int | None],
    admit: Callable[[list[str]], list[str]],
) -> Observed:
    """The event of an observation.

    `number_of` gives the number of an open document, `admit` those of some paths that may be told, relative
    to the workspace. Raises Unsupported for an unknown type, a missing or mistyped field and a document that
    is not open, Withheld where the event is about a file that is not recorded.
    """
    name = observation.get("type")
    cls = _TYPES.get(name) if isinstance(name, str) else None
    if cls is None:
        if isinstance(name, str) and _WORD.fullmatch(name):
            raise Unsupported(f"an observation of the unknown type `{name}`")
        raise Unsupported("an observation without a type")
    plan = _plan(cls)
    values: dict[str, Any] = {}
    ignored: list[str] = []
    ms_ago = 0
    for key, value in observation.items():
        if key == "type" or value is None:
            continue
        if key == "uri" and "doc" in plan.readers:
            number = number_of(value) if isinstance(value, str) else None
            if number is None:
                raise Unsupported(f"{cls.type}: `uri` is no open document")
            values["doc"] = number
        elif key == "ms_ago" and cls is Run:
            if type(value) is not int or value < 0:
                raise Unsupported(f"{cls.type}: `{key}` is mistyped")
            ms_ago = value
        elif key in plan.readers and key != "doc":
            try:
                values[key] = plan.readers[key](value)
            except (ValueError, RecursionError):
                raise Unsupported(f"{cls.type}: `{key}` is mistyped") from None
        else:
            ignored.append(key if _WORD.fullmatch(key) else "?")
    missing = plan.required - values.keys()
    if missing:
        field = min(missing)
        raise Unsupported(f"{cls.type}: `{'uri' if field == 'doc' else field}` is missing")
    for key in plan.paths & values.keys():
        _admit(values, key, plan, admit)
    if cls in _REPORTED:
        values.setdefault("evidence", "reported")
    return Observed(cls, values, ignored, ms_ago)


def read_cause(observation: dict[str, Any]) -> Reason:
    """Why the next change of a document happens. Raises Unsupported where a field is missing or mistyped."""
    values: dict[str, Any] = {"evidence": "reported", "rule": None, "ref": None}
    readers = _plan(Edit).readers
    for name in Reason._fields:
        value = observation.get(name)
        if value is not None:
            try:
                values[name] = readers[name](value)
            except ValueError:
                raise Unsupported(f"cause: `{name}` is mistyped") from None
    if "cause" not in values:
        raise Unsupported("cause: `cause` is missing")
    return Reason(**values)


def _admit(values: dict[str, Any], key: str, plan: _Plan, admit: Callable[[list[str]], list[str]]) -> None:
    """Leave in only the paths that may be told; with a path that may not, the texts that may come from it."""
    told = values[key]
    admitted = admit([told] if isinstance(told, str) else told)
    if isinstance(told, str):
        if not admitted:
            raise Withheld
        values[key] = admitted[0]
        return
    values[key] = admitted
    if len(admitted) < len(told):
        for name in (key, *plan.texts) if not admitted else plan.texts:
            values.pop(name, None)


def _plan(cls: type[Event]) -> _Plan:
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = _make_plan(cls)
    return plan


def _make_plan(cls: type[Event]) -> _Plan:
    hints = get_type_hints(cls)
    declared = fields(cls)[2:]
    return _Plan(
        {field.name: reader(hints[field.name]) for field in declared},
        frozenset(field.name for field in declared if field.default is MISSING),
        frozenset(name for name, kind in kinds(cls).items() if kind == "path"),
        frozenset(name for name, kind in kinds(cls).items() if kind == "text"),
    )
