"""The records of an OTLP logs request in JSON; pure.

The form: the OpenTelemetry protocol 1.x, `ExportLogsServiceRequest`, in its JSON encoding. Whole numbers come
as numbers or as texts of digits. What a record is about is its emitter's business.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

#: What one request may hold, before and after it is unpacked; receivers of OTLP commonly take so much.
BYTES_MAX = 4 * 1024 * 1024
_DIGITS_MAX = 20
_NS_PER_MS = 1_000_000
_GZIP = 16 + zlib.MAX_WBITS


class Malformed(ValueError):
    """Why a body is no request; one sentence."""


class TooLarge(ValueError):
    """Unpacked, a body is larger than any request may be."""


class Record(NamedTuple):
    """One log record. `time_ms`: since 1970, None where not said; `mark`: the same where it is sent again."""

    name: str
    time_ms: int | None
    attributes: dict[str, Any]
    resource: dict[str, Any]
    mark: str

    def text(self, key: str) -> str | None:
        """A text among its attributes, or its resource's; None where there is none, or an empty one."""
        value = self.attributes.get(key, self.resource.get(key))
        return value if isinstance(value, str) and value else None


def unpack(body: bytes) -> bytes:
    """What was gzipped. Raises TooLarge, and Malformed where nothing was."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        data = unpacking.decompress(body, BYTES_MAX + 1)
    except zlib.error:
        raise Malformed("the body is not gzipped as its Content-Encoding says") from None
    if len(data) > BYTES_MAX:
        raise TooLarge
    if not unpacking.eof or unpacking.unused_data:
        raise Malformed("the body is not one whole gzip member")
    return data


def read(body: bytes) -> list[Record]:
    """The records of a request, in its order. Raises Malformed."""
    try:
        request = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_int=_integer)
        times: Counter[str] = Counter()
        return list(_records(request, times))
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed("the body is not JSON") from None


def _records(request: Any, times: Counter[str]) -> Iterator[Record]:
    for group in _objects(request, "resourceLogs"):
        resource = _attributes(_object(group, "resource"))
        for scope in _objects(group, "scopeLogs"):
            for record in _objects(scope, "logRecords"):
                attributes = _attributes(record)
                told = json.dumps([resource, record], sort_keys=True)
                times[told] += 1
                mark = hashlib.sha256(f"{times[told]} {told}".encode()).hexdigest()[:24]
                yield Record(_name(record, attributes), _time_ms(record), attributes, resource, mark)


def _name(record: dict[str, Any], attributes: dict[str, Any]) -> str:
    """The event's name: of its places the one that has the emitter before it, else the first."""
    told = (record.get("eventName"), attributes.get("event.name"), _object(record, "body").get("stringValue"))
    names = [it for it in told if isinstance(it, str)]
    return next((it for it in names if it.startswith("claude_code.")), names[0] if names else "")


def _time_ms(record: dict[str, Any]) -> int | None:
    for key in ("timeUnixNano", "observedTimeUnixNano"):
        value = _whole(record.get(key))
        if value is not None and value > 0:
            return value // _NS_PER_MS
    return None


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for entry in _objects(holder, "attributes"):
        if isinstance(key := entry.get("key"), str):
            found[key] = _value(entry.get("value"))
    return found


def _value(told: Any) -> Any:
    """A text, a truth, a number, a list or an object of such; None for bytes and for what is unknown."""
    if not isinstance(told, dict):
        return None
    if isinstance(text := told.get("stringValue"), str):
        return text
    if isinstance(truth := told.get("boolValue"), bool):
        return truth
    if "intValue" in told:
        return _whole(told["intValue"])
    if isinstance(number := told.get("doubleValue"), (int, float)):
        return number
    if "arrayValue" in told:
        return [_value(it) for it in _objects(_object(told, "arrayValue"), "values")]
    if "kvlistValue" in told:
        values = _objects(_object(told, "kvlistValue"), "values")
        return {it["key"]: _value(it.get("value")) for it in values if isinstance(it.get("key"), str)}
    return None


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return _integer(value)
    return value if type(value) is int else None


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"`{name}` is no object")
    return value


def _objects(holder: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(holder, dict):
        raise Malformed("the body is no object")
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(it, dict) for it in value):
        raise Malformed(f"`{name}` is no list of objects")
    return value


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise Malformed("the body has a number of too many digits")
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise Malformed(f"the body has {constant}, which is not JSON")
