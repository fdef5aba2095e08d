"""JSON pointers (RFC 6901) to what a line says."""

from __future__ import annotations

import re
from typing import Any

#: Where the text of a line lies that names it as a blob; leads to nothing in the line itself.
BLOB_TEXT = "/blob/text"
#: The whole line.
ALL = ""

_INDEX = re.compile("0|[1-9][0-9]*")


def step(key: str) -> str:
    """One step of a pointer: to this key of an object."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def resolve(body: Any, pointer: str) -> tuple[Any, Any]:
    """What holds the value that a pointer leads to, and its key in there; `(None, None)` for nothing."""
    first, *tokens = pointer.split("/")
    if first or not tokens:
        return None, None
    holder, key, value = None, None, body
    for token in tokens:
        holder, key = value, _key(value, token.replace("~1", "/").replace("~0", "~"))
        if key is None:
            return None, None
        value = holder[key]
    return holder, key


def _key(holder: Any, token: str) -> Any:
    if isinstance(holder, dict):
        return token if token in holder else None
    if isinstance(holder, list) and len(token) < 20 and _INDEX.fullmatch(token) and int(token) < len(holder):
        return int(token)
    return None
