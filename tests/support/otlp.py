"""What agents send by OTLP/HTTP, made record by record, and a way to send it."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parent.parent / "golden" / "otlp"
_SECONDS_MAX = 20.0


class Answer(NamedTuple):
    """An answer of HTTP, with its body read as JSON where it is some."""

    status: int
    headers: dict[str, str]
    body: Any


def value(it: Any) -> dict[str, Any]:
    """A value as OTLP's JSON has it."""
    if isinstance(it, bool):
        return {"boolValue": it}
    if isinstance(it, int):
        return {"intValue": it}
    if isinstance(it, float):
        return {"doubleValue": it}
    if isinstance(it, list):
        return {"arrayValue": {"values": [value(one) for one in it]}}
    return {"stringValue": it}


def attributes(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(it)} for key, it in given.items()]


def record(name: str, at_ms: int, **given: Any) -> dict[str, Any]:
    """An event of Claude Code; `__` in a name is a dot."""
    named = {key.replace("__", "."): it for key, it in given.items()}
    told = {"session.id": "s1", "event.name": name, **named}
    return {
        "timeUnixNano": str(at_ms * 1_000_000),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": attributes(told),
    }


def request(records: Sequence[dict[str, Any]], workspace: Path | str | None) -> dict[str, Any]:
    """A request with these records of an agent that works in this folder."""
    resource = {"service.name": "claude-code"}
    if workspace is not None:
        resource["pairlog.workspace"] = str(workspace)
    scope = {"name": "com.anthropic.claude_code.events"}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeLogs": [{"scope": scope, "logRecords": list(records)}],
            }
        ]
    }


def free_port() -> int:
    """A port that nobody has on this machine."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def post(
    port: int,
    body: Any,
    *,
    path: str = "/v1/logs",
    method: str = "POST",
    host: str = "127.0.0.1",
    zipped: bool = False,
    **headers: str,
) -> Answer:
    """What is answered; `body` may be bytes. `_` in the name of a header is a dash."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{key.replace("_", "-"): it for key, it in headers.items()}}
    if zipped:
        data = gzip.compress(data)
        sent["Content-Encoding"] = "gzip"
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS_MAX)
    try:
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        told = response.read()
        kept = {name.lower(): it for name, it in response.getheaders()}
        is_json = kept.get("content-type") == "application/json"
        return Answer(response.status, kept, json.loads(told) if is_json else told)
    finally:
        connection.close()
