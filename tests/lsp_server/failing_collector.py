"""A stand-in for a collector that fails as it is told to; what works is tested with the real one."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from pairlog.events import PositionEncoding
from pairlog.masking import Span, mask, resaved


@dataclass
class Failure:
    """An answer to a frame; one with `drop` takes the frame and closes without a word."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


class FailingCollector:
    """Takes frames as the protocol says, but for the failures in `failures`, each used once."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.failures: list[Failure] = []
        #: The answer to every frame, as long as it is set.
        self.always: Failure | None = None
        #: The one token that is taken; None takes any.
        self.token: str | None = None
        #: A line that names a blob is refused until that is here.
        self.needs_blobs = False
        #: Refused again and again: seq -> the body of a 422.
        self.bad_lines: dict[int, dict[str, Any]] = {}
        self.lines: dict[int, bytes] = {}
        self.frames: list[bytes] = []
        self.blobs: dict[str, bytes] = {}
        #: The requests that took something back, each with the last part of its address.
        self.recalls: list[tuple[str, dict[str, Any]]] = []
        #: Connections to be cut while a body is still on its way.
        self.resets = 0

    @property
    def acked(self) -> int:
        return max(self.lines, default=-1)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(self.lines[seq]) for seq in sorted(self.lines)]

    @property
    def encoding(self) -> PositionEncoding:
        """That of the session, as its header says."""
        header = json.loads(self.lines.get(0, b"{}"))
        encoding: PositionEncoding = header.get("position_encoding", "utf-16")
        return encoding

    def heard(self, body: bytes) -> None:
        """A request was obeyed; called before it is answered."""

    def take(self, frame: bytes) -> Failure | None:
        """Store a frame; None where it was told to drop the connection."""
        self.frames.append(frame)
        if self.always is not None:
            return self.always
        if self.failures:
            failure = self.failures.pop(0)
            if failure.drop:
                self._store(frame)
                return None
            return failure
        return self._store(frame)

    def recall(self, what: str, body: dict[str, Any]) -> Failure | None:
        """Note what is to be taken back, and do so; None where it was told to drop the connection."""
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and not failure.drop:
            return failure
        answer = self._take_back(what, body)
        return answer if failure is None else None

    def _take_back(self, what: str, body: dict[str, Any]) -> Failure:
        self.recalls.append((what, body))
        if what == "forget":
            for seq in [seq for seq in self.lines if seq >= body.get("from", 0)]:
                del self.lines[seq]
            return Failure(200, {"revision": 1, "acked": self.acked})
        spans = [Span(*span) for span in body["spans"]]
        self.lines = dict(zip(self.lines, mask(self.lines.values(), spans, self.encoding), strict=True))
        for old, new in body["blobs"]:
            self.lines = {seq: it.replace(old.encode(), new.encode()) for seq, it in self.lines.items()}
            self.blobs.pop(old, None)
        for seq, digest in body["saves"]:
            if seq in self.lines:
                self.lines[seq] = resaved(self.lines[seq], digest)
        return Failure(200, {"revision": 1})

    def _store(self, frame: bytes) -> Failure:
        lines = gzip.decompress(frame).splitlines()
        seqs = [json.loads(line)["seq"] for line in lines]
        for seq, line in zip(seqs, lines, strict=True):
            if seq in self.bad_lines and b'"type":"gap"' not in line:
                return Failure(422, {"seq": seq, **self.bad_lines[seq]})
        for seq, line in zip(seqs, lines, strict=True):
            blob = json.loads(line).get("blob")
            if self.needs_blobs and blob is not None and blob not in self.blobs:
                return Failure(422, {"code": "blob", "seq": seq})
        if seqs[0] > self.acked + 1:
            return Failure(409, {"code": "hole", "expected": self.acked + 1})
        for seq, line in zip(seqs, lines, strict=True):
            assert self.lines.setdefault(seq, line) == line, "other bytes for a stored line"
        return Failure(200, {"acked": self.acked})


Fake = TypeVar("Fake", bound=FailingCollector)


@contextmanager
def failing_collector() -> Iterator[FailingCollector]:
    """One on a free port of the loopback address."""
    with serving(FailingCollector) as fake:
        yield fake


@contextmanager
def serving(make: Callable[[str], Fake]) -> Iterator[Fake]:
    """One that is made with the address that it is to be found at."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            known = Failure(200, {"acked": fake.acked})
            self.answer(known if fake.lines else Failure(404, {"code": "session"}))

        def do_POST(self) -> None:
            if fake.resets:
                fake.resets -= 1
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.read(1)
                self.connection.close()
                self.close_connection = True
                return
            body = self.body()
            what = self.path.rpartition("/")[2]
            if what != "frames":
                told = fake.recall(what, json.loads(body))
                fake.heard(body)
                if told is None:
                    self.close_connection = True
                else:
                    self.answer(told)
                return
            if fake.token is not None and self.headers["Authorization"] != f"Bearer {fake.token}":
                self.answer(Failure(401, {"detail": "this token is not known"}))
                return
            answer = fake.take(body)
            fake.heard(body)
            if answer is None:
                self.close_connection = True
                return
            self.answer(answer)

        def do_PUT(self) -> None:
            body = self.body()
            fake.blobs[self.path.rpartition("/")[2]] = body
            fake.heard(body)
            self.answer(Failure(201))

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

        def answer(self, answer: Failure) -> None:
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = make(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
