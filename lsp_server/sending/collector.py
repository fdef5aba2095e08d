"""The collector as the sender sees it: a handful of requests over one kept connection."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import quote, urlsplit

from lsp_server.sending.wire import Response, Wire
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

    def __init__(self, address: str, token: str | None, seconds_max: float = _SECONDS_MAX) -> None:
        self.address = address
        parts = urlsplit(address)
        self._wire = Wire(address, seconds_max)
        self._prefix = parts.path.rstrip("/")
        self._headers = f"Host: {parts.netloc.rpartition('@')[2]}\r\nUser-Agent: pairlog/{__version__}\r\n"
        # One with other characters is no token, and the collector says so.
        if token and token.isascii() and token.isprintable():
            self._headers += f"Authorization: Bearer {token}\r\n"

    def session(self, session: str) -> Answer:
        """What is known of a session. Raises Unreachable, as all requests do."""
        return self._ask("GET", f"/v1/sessions/{session}")

    def post_frame(self, session: str, frame: bytes) -> Answer:
        """Send a frame."""
        return self._ask("POST", f"/v1/sessions/{session}/frames", frame, "application/gzip")

    def put_blob(self, digest: str, data: bytes) -> Answer:
        """Send a content that a line names."""
        return self._ask("PUT", f"/v1/blobs/{digest}", data, "application/octet-stream")

    def recall(self, session: str, what: str, body: dict[str, Any]) -> Answer:
        """Take back what was sent: `what` is `redactions` or `forget`."""
        data = json.dumps(body, separators=(",", ":")).encode()
        return self._ask("POST", f"/v1/sessions/{session}/{what}", data, "application/json")

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> Answer:
        head = f"{method} {_quoted(self._prefix + path)} HTTP/1.1\r\n{self._headers}"
        if body is not None:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        request = f"{head}\r\n".encode() + (body or b"")
        try:
            return _answer(self._send(request))
        except OSError as error:
            raise Unreachable(
                getattr(error, "strerror", None) or str(error) or type(error).__name__
            ) from None

    def _send(self, request: bytes) -> Response:
        is_kept = self._wire.is_open
        try:
            return self._wire.ask(request)
        except ConnectionError:
            if not is_kept:
                raise
        # The collector may have closed a connection that rested; every request here can be said twice.
        return self._wire.ask(request)


@lru_cache(64)
def _quoted(path: str) -> str:
    return quote(path, safe="/%")


def _answer(response: Response) -> Answer:
    try:
        found = json.loads(response.body) if response.body else {}
    except (ValueError, RecursionError):
        found = {}
    retry_after = _seconds(response.headers.get("retry-after"))
    return Answer(response.status, found if isinstance(found, dict) else {}, retry_after)


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        # A date: rare, and the growing pauses do as well.
        return None
    return min(max(seconds, 0.0), _RETRY_AFTER_SECONDS_MAX) if isfinite(seconds) else None
