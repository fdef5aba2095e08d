"""A real HTTP server in the place of a model: it answers as a test says, well or badly."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: Writes an answer to a request.
Answer = Callable[["Handler"], None]


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def model(self) -> str:
        return str(self.body["model"])


@dataclass
class ModelEndpoint:
    """`answer` answers every model that `answers` does not name."""

    address: str
    answer: Answer
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    #: Set when the test is over: whoever holds a connection open lets go.
    is_over: threading.Event = field(default_factory=threading.Event)
    #: Connections that the other side closed while an answer was on its way.
    broken: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: ModelEndpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.endpoint.asked.append(
            Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        )
        self.close_connection = True
        answer = self.endpoint.answers.get(body.get("model"), self.endpoint.answer)
        try:
            answer(self)
        except OSError:
            self.endpoint.broken.release()

    def begin(self, kind: str, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_arguments: Any) -> None:
        pass


# -- answers that a completion can be made of ---------------------------------------------------------------


def says(*pieces: str) -> Answer:
    """A stream of these pieces, in the form that was asked for."""

    def answer(handler: Handler) -> None:
        is_chat = handler.path.endswith("/chat/completions")
        handler.begin("text/event-stream; charset=utf-8")
        for piece in pieces:
            choice = {"delta": {"content": piece}} if is_chat else {"text": piece}
            handler.write(b"data: " + json.dumps({"choices": [{"index": 0, **choice}]}).encode() + b"\n\n")
        handler.write(b"data: [DONE]\n\n")

    return answer


def says_at_once(text: str) -> Answer:
    """One JSON answer, from an endpoint that does not stream."""

    def answer(handler: Handler) -> None:
        is_chat = handler.path.endswith("/chat/completions")
        choice = {"message": {"content": text}} if is_chat else {"text": text}
        handler.begin("application/json")
        handler.write(json.dumps({"choices": [choice]}).encode())

    return answer


def in_turn(*answers: Answer) -> Answer:
    """One after the other; the last one again and again."""
    left = list(answers)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


def waits(until: threading.Event, answer: Answer) -> Answer:
    """The answer, once something happened."""

    def late(handler: Handler) -> None:
        while not (until.wait(0.01) or handler.endpoint.is_over.is_set()):
            pass
        answer(handler)

    return late


# -- answers that it cannot ---------------------------------------------------------------------------------


def refuses(status: int, body: Any = None, **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin("application/json", status, **headers)
        handler.write(json.dumps(body).encode())

    return answer


def sends(kind: str, data: bytes, **headers: str) -> Answer:
    """Bytes of a type, whatever they are."""

    def answer(handler: Handler) -> None:
        handler.begin(kind, **headers)
        handler.write(data)

    return answer


def goes_on(kind: str, data: bytes) -> Answer:
    """The same bytes without an end."""

    def answer(handler: Handler) -> None:
        handler.begin(kind)
        while not handler.endpoint.is_over.is_set():
            handler.write(data)

    return answer


def dribbles(kind: str, data: bytes, count: int = 500_000) -> Answer:
    """A beginning, and then a chunk for each byte."""

    def answer(handler: Handler) -> None:
        handler.begin(kind, Transfer_Encoding="chunked")
        handler.write(b"%x\r\n%s\r\n" % (len(data), data))
        for _ in range(count // 5000):
            handler.write(b"1\r\nx\r\n" * 5000)
        handler.endpoint.is_over.wait(60)

    return answer


def never_answers(handler: Handler) -> None:
    handler.endpoint.is_over.wait(60)


def hangs_in_the_middle(handler: Handler) -> None:
    handler.begin("text/event-stream")
    handler.write(b'data: {"choices": [{"text": "tot')
    handler.endpoint.is_over.wait(60)


def drops(handler: Handler) -> None:
    """Closes the connection without a word."""


def sends_garbage(handler: Handler) -> None:
    handler.write(b"\x00\xff this is no HTTP\r\n\r\n")


MISBEHAVING: dict[str, Answer] = {
    "an error": refuses(500, {"error": {"message": "out of memory"}}),
    "no such model": refuses(404, {"error": {"message": "no such model\n\x1b[31m"}}),
    "a redirect": refuses(307, None, Location="http://127.0.0.1:9/v1/completions"),
    "a web page": sends("text/html", b"<html><body>sign in</body></html>"),
    "no type": sends("", b"total"),
    "wrong JSON": sends("application/json", b'{"choices": '),
    "another JSON": sends("application/json", b"[1, 2, 3]"),
    "a choice of nothing": sends("application/json", b'{"choices": [17]}'),
    "deep JSON": sends("application/json", b"[" * 100_000),
    "an error in a stream": sends("text/event-stream", b'data: {"error": {"message": "overloaded"}}\n\n'),
    "a stream of no events": sends("text/event-stream", b"<html></html>\n\n"),
    "a small bomb": sends("application/json", gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"),
    "an endless stream": goes_on("text/event-stream", b": still here\n\n" * 1000),
    "endless JSON": goes_on("application/json", b" " * 65536),
    "a line without an end": goes_on("text/event-stream", b"data:" + b"x" * 65536),
    "a stream byte by byte": dribbles("text/event-stream", b"data:"),
    "JSON byte by byte": dribbles("application/json", b'{"a": "'),
    "no answer": never_answers,
    "half an answer": hangs_in_the_middle,
    "a closed connection": drops,
    "garbage": sends_garbage,
}


@contextmanager
def model_endpoint(answer: Answer, certificate: Path | None = None) -> Iterator[ModelEndpoint]:
    """A running endpoint; its `address` is what the setting `completion.url` takes.

    With a certificate it is one that counts as another machine's: 0.0.0.0 is no loopback address.
    """

    class Bound(Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_port}/v1"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, str(certificate) + ".key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        address = f"https://0.0.0.0:{server.server_port}/v1"
    Bound.endpoint = ModelEndpoint(address, answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Bound.endpoint
    finally:
        Bound.endpoint.is_over.set()
        server.shutdown()
        thread.join()
        with suppress(OSError):
            server.server_close()
