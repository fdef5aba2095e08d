"""Frames for a collector, from a process of their own.

`python -m tests.bench.load ADDRESS TOKEN FIRST CONNECTIONS FRAMES PER_S`: each connection sends a session of
its own, the first of which has the number FIRST, frame after frame; with PER_S above 0 all together send so
many frames a second, if the answers allow it. Prints `{"seconds": .., "latencies": [..]}`, in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

from pairlog.events import Edit, Event, Open
from pairlog.frame import pack
from pairlog.ids import session_of
from pairlog.line import encode
from tests.bench.stored import header

EVENTS = 200


def session_id(number: int) -> str:
    return session_of(1_700_000_000_000, number.to_bytes(10, "big"))


def frames_of(session: str, count: int) -> list[bytes]:
    """So many frames of a session in which somebody types, `EVENTS` lines each."""
    events: list[Event] = [
        header(session),
        Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", text=""),
    ]
    for seq in range(2, count * EVENTS):
        column, key = seq % 80, "etaoin shrdlu"[seq * seq % 13]
        t = seq * 130 + seq * seq % 97
        events.append(Edit(seq=seq, t=t, doc=1, changes=[(0, column, 0, column, key)], cause="typed"))
    lines = [encode(event) for event in events]
    return [pack(lines[at : at + EVENTS]) for at in range(0, len(lines), EVENTS)]


class _Run:
    """The requests of all connections, made beforehand, and how long each took."""

    def __init__(self, address: str, token: str, first: int, connections: int, frames: int) -> None:
        self._host, self._port = urlsplit(address).hostname, urlsplit(address).port
        self._requests = [
            [
                f"POST /v1/sessions/{session}/frames HTTP/1.1\r\nHost: bench\r\n"
                f"Authorization: Bearer {token}\r\nContent-Length: {len(frame)}\r\n\r\n".encode()
                + frame
                for frame in frames_of(session, frames)
            ]
            for session in map(session_id, range(first, first + connections))
        ]
        self.latencies: list[float] = []
        self.seconds = 0.0

    async def run(self, per_s: float) -> None:
        pause = len(self._requests) / per_s if per_s else 0.0
        begun = time.perf_counter()
        await asyncio.gather(
            *(
                self._send(requests, pause, begun + pause * number / len(self._requests))
                for number, requests in enumerate(self._requests)
            )
        )
        self.seconds = time.perf_counter() - begun

    async def _send(self, requests: list[bytes], pause: float, due: float) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        for request in requests:
            await asyncio.sleep(due - time.perf_counter() if pause else 0)
            due += pause
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(size)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"the collector answers {body!r}")
            self.latencies.append(time.perf_counter() - begun)
        writer.close()


def main() -> None:
    address, token, *numbers, per_s = sys.argv[1:]
    first, connections, frames = map(int, numbers)
    run = _Run(address, token, first, connections, frames)
    asyncio.run(run.run(float(per_s)))
    print(json.dumps({"seconds": run.seconds, "latencies": run.latencies}))


if __name__ == "__main__":
    main()
