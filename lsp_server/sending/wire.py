"""HTTP/1.1 over one kept connection, as little of it as the sender needs; what is asked is not known here.

Of our own, because `http.client` takes two and a half times as long for a request that is made once a second,
and gives a slow answer all the time in the world. No redirects, no cookies, no encodings.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEAD_BYTES_MAX = 64 * 1024
_RECEIVE_BYTES = 64 * 1024
#: More than any answer of a collector.
ANSWER_BYTES_MAX = 1024 * 1024
_WITHOUT_BODY = (204, 304)


class WireError(OSError):
    """What came is no answer, or one over a limit."""


@dataclass(frozen=True)
class Response:
    """A status, headers by their names in small letters, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connection that is made on first use and kept. After any error it is closed."""

    def __init__(self, address: str, seconds_max: float) -> None:
        """`seconds_max` is for a whole exchange: connecting, sending, the last byte of the answer."""
        parts = urlsplit(address)
        self._host = parts.hostname or ""
        self._is_secret = parts.scheme == "https"
        self._port = parts.port or (443 if self._is_secret else 80)
        self._seconds_max = seconds_max
        self._until = 0.0
        self._socket: socket.socket | None = None
        self._buffer = b""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as we know."""
        return self._socket is not None

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._buffer = b""

    def ask(self, request: bytes) -> Response:
        """The answer to a whole request, head and body. Raises OSError."""
        self._until = time.monotonic() + self._seconds_max
        try:
            self._send(request)
            response = self._read()
        except TimeoutError:
            self.close()
            raise TimeoutError(f"no whole answer within {self._seconds_max:g} s") from None
        except OSError:
            self.close()
            raise
        except ValueError as error:
            self.close()
            raise WireError(f"no HTTP ({error})") from None
        if response.headers.get("connection", "").lower() == "close":
            self.close()
        return response

    def _send(self, request: bytes) -> None:
        if self._socket is None:
            self._socket = self._connect()
        self._socket.settimeout(self._seconds_left())
        try:
            self._socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            # Who refuses a large body may answer before it has come and then hang up.
            self._receive()

    def _connect(self) -> socket.socket:
        plain = socket.create_connection((self._host, self._port), self._seconds_left())
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._is_secret:
            return plain
        # Half of the time that a start takes, and not needed on this machine.
        import ssl

        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self._host)
        except OSError:
            plain.close()
            raise

    def _seconds_left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    # -- the answer -----------------------------------------------------------------------------------------

    def _read(self) -> Response:
        while True:
            status, headers = self._read_head()
            if status >= 200:
                break
        if status in _WITHOUT_BODY:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            body = self._read_chunks()
        elif "content-length" in headers:
            body = self._take(int(headers["content-length"]))
        else:
            body = self._read_to_the_end()
        return Response(status, headers, body)

    def _read_head(self) -> tuple[int, dict[str, str]]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _HEAD_BYTES_MAX:
                raise WireError(f"an answer whose head is longer than {_HEAD_BYTES_MAX} bytes")
            self._receive()
        first, *lines = self._take(end + 4)[:-4].decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1."):
            raise WireError("an answer that is no HTTP")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(rest[:3]), headers

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self._take_line().partition(b";")[0], 16):
            body += self._take(size)
            if len(body) > ANSWER_BYTES_MAX:
                raise WireError(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
            self._take_line()
        while self._take_line():
            pass
        return body

    def _read_to_the_end(self) -> bytes:
        try:
            while len(self._buffer) <= ANSWER_BYTES_MAX:
                self._receive()
        except ConnectionError:
            body = self._buffer
            self.close()
            return body
        raise WireError(f"an answer of more than {ANSWER_BYTES_MAX} bytes")

    def _take_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _HEAD_BYTES_MAX:
                raise WireError("an answer with an endless line")
            self._receive()
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= ANSWER_BYTES_MAX:
            raise WireError(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        while len(self._buffer) < size:
            self._receive()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _receive(self) -> None:
        assert self._socket is not None
        self._socket.settimeout(self._seconds_left())
        data = self._socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("the connection was closed in mid-answer")
        self._buffer += data
