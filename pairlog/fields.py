"""Readers of values: what a field's declared type takes, and how an odd client's value becomes one of it."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pairlog.position import scrub

#: Gives a value as it goes into an event. Raises ValueError for one of another type.
Reader: TypeAlias = Callable[[Any], Any]


def reader(hint: Any) -> Reader:
    """The reader of a type as the event classes use them. Raises TypeError for one they do not."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(frozenset(args))
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in args if arg is not types.NoneType)
        return reader(inner)
    if origin is list:
        return _list_of(reader(args[0]))
    if origin is tuple:
        return _tuple_of([reader(arg) for arg in args])
    if origin is dict:
        return _dict_of(reader(args[1]))
    raise TypeError(f"no reader for {hint}")


def _integer(value: Any) -> int:
    # Some clients write every number with a fraction.
    if type(value) is int or (type(value) is float and value.is_integer()):
        return int(value)
    raise ValueError


def _number(value: Any) -> float:
    if type(value) in (int, float) and math.isfinite(value):
        return float(value)
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, str):
        return scrub(value)
    raise ValueError


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError


def _anything(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [_anything(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): _anything(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value


_PLAIN: dict[Any, Reader] = {int: _integer, float: _number, str: _text, bool: _truth, Any: _anything}


def _one_of(words: frozenset[Any]) -> Reader:
    def read_word(value: Any) -> Any:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError

    return read_word


def _list_of(item: Reader) -> Reader:
    def read_list(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [item(entry) for entry in value]
        raise ValueError

    return read_list


def _tuple_of(items: list[Reader]) -> Reader:
    def read_tuple(value: Any) -> list[Any]:
        if isinstance(value, list) and len(value) == len(items):
            return [item(entry) for item, entry in zip(items, value, strict=True)]
        raise ValueError

    return read_tuple


def _dict_of(item: Reader) -> Reader:
    def read_dict(value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return {scrub(key): item(entry) for key, entry in value.items()}
        raise ValueError

    return read_dict
