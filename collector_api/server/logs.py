"""The log of a server: one line per record on standard error, as text or as JSON.

No code and no secret reaches it: of an exception it has the type and the places, never the message, and of a
request the route, never the address.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Literal

from pairlog.errors import visible
from pairlog.moment import write

Form = Literal["text", "json"]
FORMS: tuple[Form, ...] = ("text", "json")

_Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def set_up(form: Form) -> None:
    """Have everything that this process logs written in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


class TextLines(logging.Formatter):
    """`TIME LEVEL LOGGER MESSAGE key=value ...`."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line."""
        said = fields(record)
        head = [str(said.pop(name)) for name in ("time", "level", "logger", "message")]
        return visible(" ".join([*head, *(f"{name}={value}" for name, value in said.items())]))


class JsonLines(logging.Formatter):
    """An object with `time`, `level`, `logger`, `message` and what else the record has."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line."""
        return json.dumps(fields(record), default=str)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says, by name; what the caller gave as `extra={"fields": {...}}` among it."""
    said: dict[str, Any] = {
        "time": write(datetime.fromtimestamp(record.created, timezone.utc)),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    raised = record.exc_info
    if raised and raised[0] is not None:
        said |= _raised(raised)
    return said


def _raised(raised: _Raised) -> dict[str, Any]:
    kind, _, where = raised
    places = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(where)]
    return {"error": f"{kind.__module__}.{kind.__qualname__}", "at": " < ".join(reversed(places))}
