"""The collector as the sender sees it: a handful of requests over one kept connection."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from lsp_server.sending.wire import Response, Wire
from pairlog.exchange import USER_AGENT, Answer, is_token, read_answer

_SECONDS_MAX = 30.0


class Unreachable(Exception):
    """No answer came; the message says why."""


class Collector:
    """A connection to one collector with one token."""

    def __init__(self, address: str, token: str | None, seconds_max: float = _SECONDS_MAX) -> None:
        self.address = address
        parts = urlsplit(address)
        self._wire = Wire(address, seconds_max)
        self._prefix = parts.path.rstrip("/")
        self._headers = f"Host: {parts.netloc.rpartition('@')[2]}\r\nUser-Agent: {USER_AGENT}\r\n"
        # One with other characters is no token, and the collector says so.
        if token and is_token(token):
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
            response = self._send(request)
        except OSError as error:
            raise Unreachable(
                getattr(error, "strerror", None) or str(error) or type(error).__name__
            ) from None
        return read_answer(response.status, response.body, response.headers.get("retry-after"))

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
