"""One connection of an exporter of OpenTelemetry: one request, one answer, in bounded room and time.

Whoever sends must be a program of this machine that means to: a page in a browser is refused by what it says
of itself. `h11` knows HTTP; what a body says is found out elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

import h11

from lsp_server.senses.agents.logs import BYTES_MAX, Malformed, TooLarge

LOGS = "/v1/logs"
#: What an agent sends along with its logs where it has one address for all; taken, and thrown away.
_UNHEARD = ("/v1/metrics", "/v1/traces")
_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"
_HEAD_BYTES_MAX = 16 * 1024
#: A request that is not whole by then never will be.
SECONDS_MAX = 10.0
#: So long somebody who was refused may go on sending before the connection is cut.
_SECONDS_MAX_TO_LEAVE = 2.0
#: The codes of google.rpc that OTLP's errors bear, by HTTP's.
_CODES = {400: 3, 403: 7, 404: 5, 405: 12, 408: 4, 411: 3, 413: 8, 415: 3, 421: 7, 500: 13, 503: 14}

_TOO_LARGE = f"the request has more than {BYTES_MAX} bytes; let fewer records be sent at once"
_NOT_JSON = (
    "only JSON is understood here; set OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/json "
    "(Copilot Chat: github.copilot.chat.otel.protocol)"
)


class Refused(Exception):
    """Why a request is not taken: a status of HTTP, and one sentence."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Body(NamedTuple):
    """What a request for `/v1/logs` brought, as it came."""

    data: bytes
    is_gzip: bool


#: Takes a body; returns how many records it turned away and why, in a sentence. Raises Malformed, TooLarge.
Take: TypeAlias = Callable[[Body], Awaitable[tuple[int, str]]]
#: Hears that logs were sent and could not be taken, and will not be sent again.
Miss: TypeAlias = Callable[[], None]


class OtlpConnection(asyncio.Protocol):
    """Made for each connection; `enter` says whether there is room for it, `leave` is called at its end."""

    def __init__(
        self, port: int, take: Take, miss: Miss, enter: Callable[[], bool], leave: Callable[[], None]
    ) -> None:
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._take, self._miss = take, miss
        self._enter, self._leave = enter, leave
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_BYTES_MAX)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._body = bytearray()
        self._kind = _JSON
        self._is_gzip = self._is_unheard = self._is_logs = self._is_answered = self._has_entered = False
        self._taking: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(SECONDS_MAX, self._run_out)
        self._has_entered = self._enter()
        if not self._has_entered:
            self._refuse(Refused(503, "too many requests at once; try again"))

    def data_received(self, data: bytes) -> None:
        """Hear what is whole; what somebody sends who was answered already is thrown away."""
        if self._is_answered or self._taking is not None:
            return
        try:
            self._http.receive_data(data)
            while self._hear():
                continue
        except h11.RemoteProtocolError:
            self._refuse(Refused(400, "the request is no HTTP"))
        except Refused as refused:
            self._refuse(refused)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for an answer any more."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._has_entered:
            self._leave()

    def close(self) -> None:
        """Let go at once."""
        if self._taking is not None:
            self._taking.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _hear(self) -> bool:
        """Whether there may be more. Raises Refused, and h11.RemoteProtocolError."""
        event = self._http.next_event()
        if isinstance(event, h11.Request):
            self._look_at(event)
            if self._http.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
        elif isinstance(event, h11.Data):
            if not self._is_unheard:
                self._body += event.data
            if len(self._body) > BYTES_MAX:
                raise Refused(413, _TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage):
            self._taking = asyncio.ensure_future(self._answer_whole())
            return False
        return event not in (h11.NEED_DATA, h11.PAUSED) and not isinstance(event, h11.ConnectionClosed)

    def _look_at(self, request: h11.Request) -> None:
        """Raises Refused for what is not taken, before its body is read."""
        headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
        if headers.get("host", "").lower() not in self._hosts:
            raise Refused(421, "the Host header names another machine")
        if "origin" in headers or "sec-fetch-site" in headers:
            raise Refused(403, "pages in a browser are not heard")
        path = request.target.decode("latin-1").partition("?")[0]
        if path != LOGS and path not in _UNHEARD:
            raise Refused(404, f"there is nothing at this path; send logs to {LOGS}")
        if request.method != b"POST":
            raise Refused(405, f"{LOGS} takes POST alone")
        self._is_unheard = path in _UNHEARD
        self._kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._is_unheard:
            return
        self._is_logs = True
        if self._kind != _JSON:
            raise Refused(415, _NOT_JSON)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise Refused(415, "of content encodings only gzip is understood")
        self._is_gzip = encoding == "gzip"
        length = headers.get("content-length", "0")
        # h11 lets digits alone through.
        if len(length) > len(str(BYTES_MAX)) or int(length) > BYTES_MAX:
            raise Refused(413, _TOO_LARGE)

    async def _answer_whole(self) -> None:
        """Answer a request that is here as a whole."""
        if self._is_unheard:
            self._answer(200, b"" if self._kind == _PROTOBUF else b"{}", self._kind or _JSON)
            return
        try:
            count, why = await self._take(Body(bytes(self._body), self._is_gzip))
        except Malformed as error:
            self._refuse(Refused(400, str(error)))
        except TooLarge:
            self._refuse(Refused(413, _TOO_LARGE))
        except Exception as error:
            print(f"pairlog: a request of an agent could not be taken: {error!r}", file=sys.stderr)
            self._refuse(Refused(500, "the request could not be taken; the recorder's log says why"))
        else:
            told: dict[str, Any] = {"rejectedLogRecords": str(count), "errorMessage": why} if count else {}
            self._answer(200, json.dumps({"partialSuccess": told} if told else {}).encode(), _JSON)

    def _run_out(self) -> None:
        if self._is_answered:
            self.close()
        elif self._taking is None:
            self._refuse(Refused(408, f"the request was not whole within {SECONDS_MAX:.0f} seconds"))

    def _refuse(self, refused: Refused) -> None:
        if self._is_logs and refused.status != 503:
            self._miss()
        status = {"code": _CODES[refused.status], "message": str(refused)}
        self._answer(refused.status, json.dumps(status).encode(), _JSON)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        """Answer, and close once the other side has: a connection that is cut loses its answer."""
        if self._is_answered or self._transport is None:
            return
        self._is_answered = True
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Connection", "close")]
        if status == 405:
            headers.append(("Allow", "POST"))
        if status == 503:
            headers.append(("Retry-After", "1"))
        head = h11.Response(status_code=status, headers=headers)
        self._write(head, h11.Data(data=body), h11.EndOfMessage())
        self._body.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._timer = asyncio.get_running_loop().call_later(_SECONDS_MAX_TO_LEAVE, self._run_out)

    def _write(self, *events: h11.Event) -> None:
        if self._transport is None:
            return
        try:
            for event in events:
                self._transport.write(self._http.send(event) or b"")
        except h11.LocalProtocolError:
            # They said something that no answer fits.
            self.close()
