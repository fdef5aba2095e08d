"""A connection until a request is known, and when it is answered.

The head of a request must come in time, and has no more bytes than a limit; what belongs to it from there on,
its body, is bounded where it is read (`limits.read_body`). Of an answer something must be taken in time. What
cannot be read as HTTP is refused here, as no application is asked about it.
"""

from __future__ import annotations

import asyncio
import secrets

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from collector_api.metrics import Metrics
from collector_api.problems import HeadTooLarge, NotHttp, Problem, Slow
from collector_api.routes.rendering import rendered
from collector_api.server import accounting
from collector_api.server.headers import SAFE


class ClientConnection(HttpToolsProtocol):
    """uvicorn's connection, which by itself waits for a head for ever, and takes one of any size."""

    head_seconds_max = 20.0
    head_bytes_max = 64 * 1024
    #: How long an answer waits for whoever asked to take what was sent of it last.
    answer_seconds_max = 60.0
    #: Where what is refused here is counted.
    metrics: Metrics | None = None

    #: Runs from the first moment that a head is waited for until it is whole.
    _timer: asyncio.TimerHandle | None = None
    _bytes = 0
    #: Runs from the moment that more waits to be taken than a connection should hold.
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._end()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for what was sent to be taken, for so long."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.answer_seconds_max, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on."""
        self._taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take what came, as far as the head is not too long."""
        if self._timer is not None:
            self._bytes += len(data)
        elif self.cycle is not None and self.cycle.response_complete:
            # Whatever comes between two requests: line breaks, or the rest of a body that nobody reads.
            self._begin()
        super().data_received(data)
        if self._timer is not None and self._bytes > self.head_bytes_max:
            self._refuse(self._too_large(self._bytes))

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if self._timer is None:
            self._begin()

    def on_headers_complete(self) -> None:
        """A head is whole. Raises HeadTooLarge, at which the parser stops."""
        self._end()
        # It may have come at once, or behind another request.
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.head_bytes_max:
            problem = self._too_large(size)
            self._refuse(problem)
            raise problem
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read, where it was not refused before."""
        self._refuse(NotHttp("what came is no request of HTTP/1.1; look at whatever sent it"))

    def _begin(self) -> None:
        self._bytes = 0
        self._timer = self.loop.call_later(self.head_seconds_max, self._late)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _taken(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _too_large(self, size: int) -> HeadTooLarge:
        return HeadTooLarge(
            "head_bytes_max", self.head_bytes_max, f"the head of the request has {size} bytes"
        )

    def _late(self) -> None:
        most = f"`head_seconds_max`, {self.head_seconds_max:g} seconds"
        self._refuse(Slow(f"the head of the request did not arrive within {most}"))

    def _refuse(self, problem: Problem) -> None:
        """Close the connection; with a word of why, where it does not fall into another answer."""
        self._end()
        if self.transport.is_closing():
            return
        if self._is_free():
            ident = secrets.token_hex(8)
            answer = rendered(problem, ident)
            added = [*SAFE, (b"x-request-id", ident.encode()), (b"connection", b"close")]
            headers = [*answer.raw_headers, *added]
            head = b"".join(b"%b: %b\r\n" % header for header in headers)
            self.transport.write(STATUS_LINE[answer.status_code] + head + b"\r\n" + bytes(answer.body))
            if self.metrics is not None:
                accounting.refused_unread(self.metrics, problem, ident, answer.status_code)
        self.transport.close()

    def _is_free(self) -> bool:
        """Whether no answer has begun or is owed for a request before."""
        if self.cycle is None or self.cycle.response_complete:
            return True
        # What is wrong is the body of the only request that is open.
        return self.cycle.more_body and not self.cycle.response_started and not self.pipeline
