"""The collector as the sender sees it: three requests over one kept connection.

Of the standard library, because a post costs a third of what a client with more comfort takes, and the
sender's share of a keystroke is mostly the post.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pairlog import __version__

_SECONDS_MAX = 30.0
_RETRY_AFTER_SECONDS_MAX = 3600.0


class Unreachable(Exception):
    """No answer came; the message says why."""


@dataclass(frozen=True)
class Answer:
    """A status and the JSON object that came with it."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The word that programs go by."""
        return str(self.body.get("code", ""))

    @property
    def detail(self) -> str:
        """The sentence for people, with the status where there is none."""
        return str(self.body.get("detail") or self.body.get("title") or f"status {self.status}")

    def number(self, name: str) -> int | None:
        """An integer of the body."""
        value = self.body.get(name)
        return value if isinstance(value, int) else None


class Collector:
    """A connection to one collector with one token."""

    def __init__(self, address: str, token: str | None) -> None:
        self.address = address
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS_MAX)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"User-Agent": f"pairlog/{__version__}"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def session(self, session: str) -> Answer:
        """What is known of a session. Raises Unreachable, as all requests do."""
        return self._ask("GET", f"/v1/sessions/{session}")

    def post_frame(self, session: str, frame: bytes) -> Answer:
        """Send a frame."""
        return self._ask("POST", f"/v1/sessions/{session}/frames", frame, "application/gzip")

    def put_blob(self, digest: str, data: bytes) -> Answer:
        """Send a content that a line names."""
        return self._ask("PUT", f"/v1/blobs/{digest}", data, "application/octet-stream")

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> Answer:
        headers = dict(self._headers)
        if kind is not None:
            headers["Content-Type"] = kind
        is_kept = self._connection.sock is not None
        try:
            return self._send(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if not is_kept:
                raise Unreachable(_reason(error)) from None
        # The collector may have closed a connection that rested; every request here can be said twice.
        try:
            return self._send(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unreachable(_reason(error)) from None

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, self._prefix + path, body, headers)
        response = self._connection.getresponse()
        data = response.read()
        try:
            found = json.loads(data) if data else {}
        except ValueError:
            found = {}
        return Answer(
            response.status,
            found if isinstance(found, dict) else {},
            _seconds(response.getheader("Retry-After")),
        )


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        return min(max(float(header), 0.0), _RETRY_AFTER_SECONDS_MAX)
    except ValueError:
        # A date: rare, and the growing pauses do as well.
        return None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
