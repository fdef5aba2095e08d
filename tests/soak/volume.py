"""A store that fills up: how fast lines come in, and how fast one is found, the more there are.

`python -m tests.soak.volume --events 10000000 --on postgresql`: a `pairlog serve` process, 10,000 sessions
that stay open, frames of 200 events over 32 connections. Each row is measured over the last tenth before it.
"""

from __future__ import annotations

import argparse
import http.client
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from pairlog.events import Event, Open, Session
from pairlog.frame import pack
from pairlog.ids import session_of
from pairlog.line import encode
from pairlog.source import open_source
from processing.sessions.states import player_at
from tests.support.postgres import own_server
from tests.support.processes import Collector

FRAME_EVENTS = 200
SESSIONS = 10_000
CONNECTIONS = 32
#: A token may ask 500 times a second.
TOKENS = 8
_SEEKS = 200
_NAMES = (
    "events",
    "events/s",
    "CPU us",
    "post p50",
    "p99 ms",
    "seek p50",
    "p99 ms",
    "store MiB",
    "memory MiB",
)
_ROW = "{:>12} {:>10} {:>8} {:>10} {:>8} {:>10} {:>8} {:>11} {:>12}"
_STEPS = (0.03, 0.1, 0.3, 1.0)
_EDIT = b'{"seq":%d,"t":%d,"type":"edit","doc":1,"changes":[[0,%d,0,%d,"%c"]]}'
_KEYS = b"etaoinshrdlu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--data", type=Path, help="a folder on the disk to measure SQLite on (default: a temporary one)"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = args.data or Path(folder) / "data"
        if args.on == "sqlite":
            fill(Collector(data), args.events)
        else:
            with own_server() as server:
                fill(Collector(data, database=server.empty()), args.events)


def fill(collector: Collector, events: int) -> None:
    """Post so many events to a collector with an empty store, print how that goes, and end it."""
    try:
        client = _Client(collector)
        print(_ROW.format(*_NAMES), flush=True)
        done = 0
        for step in _STEPS:
            frames = round(events * step) // FRAME_EVENTS
            last = max(done, frames - events // 10 // FRAME_EVENTS, frames * 9 // 10)
            client.post(done, last)
            begun, used = time.perf_counter(), collector.cpu_s()
            spent = sorted(client.post(last, frames))
            took, used = time.perf_counter() - begun, collector.cpu_s() - used
            sent = (frames - last) * FRAME_EVENTS
            found = sorted(seeks(collector.uri, frames))
            row = (
                f"{frames * FRAME_EVENTS:,}",
                f"{sent / took:,.0f}",
                f"{used / sent * 1e6:.1f}",
                *(_ms(times, percent) for times in (spent, found) for percent in (50, 99)),
                f"{store_bytes(collector) / 2**20:,.0f}",
                f"{collector.memory() / 2**20:.0f}",
            )
            print(_ROW.format(*row), flush=True)
            done = frames
    finally:
        collector.stop()


class _Client:
    """Posts frames, each to the next session, over a connection for each thread."""

    def __init__(self, collector: Collector) -> None:
        self._address = urlsplit(collector.address)
        self._tokens = [collector.token(f"writer {number}") for number in range(TOKENS)]
        self._own = threading.local()
        # Frames of one session follow each other: it has a lock.
        self._locks = [threading.Lock() for _ in range(SESSIONS)]

    def post(self, first: int, last: int) -> list[float]:
        """Send the frames from `first` up to `last`; returns how long each took, in seconds."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            return list(pool.map(self._post, range(first, last)))

    def _post(self, number: int) -> float:
        place = number % SESSIONS
        with self._locks[place]:
            body = frame(number)
            begun = time.perf_counter()
            if not hasattr(self._own, "connection"):
                self._own.connection = http.client.HTTPConnection(
                    self._address.hostname or "", self._address.port
                )
            headers = {"Authorization": f"Bearer {self._tokens[place % TOKENS]}"}
            self._own.connection.request("POST", f"/v1/sessions/{session(place)}/frames", body, headers)
            answer = self._own.connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said
            return time.perf_counter() - begun


def session(place: int) -> str:
    """The id of a session."""
    return session_of(1_790_000_000_000 + place, place.to_bytes(10, "big"))


def frame(number: int) -> bytes:
    """The frame of this number: the next one of its session."""
    turn, place = divmod(number, SESSIONS)
    first = turn * FRAME_EVENTS
    seqs = range(first, first + FRAME_EVENTS)
    lines = [_EDIT % (seq, seq * 180, seq % 80, seq % 80, _KEYS[seq % 12]) for seq in seqs]
    if turn == 0:
        lines[:2] = map(encode, _begin(session(place)))
    return pack(lines, 1)


def _begin(name: str) -> Iterator[Event]:
    yield Session(
        seq=0,
        t=0,
        wire=1,
        session=name,
        started_at="2026-11-01T09:00:00.000Z",
        editor={"name": "soak", "version": "1"},
        recorder={"name": "pairlog", "version": "1"},
        position_encoding="utf-16",
        clock="recorder",
        workspace="0",
        consent="content",
        use="private",
        policy="2026-11",
    )
    yield Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", text="")


def store_bytes(collector: Collector) -> int:
    """The room that a store takes on its disk."""
    if collector.uri.startswith("postgresql"):
        with psycopg.connect(collector.uri) as connection:
            (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
            return int(size)
    return sum(path.stat().st_size for path in collector.data.glob("pairlog.db*"))


def seeks(address: str, frames: int) -> Iterator[float]:
    """How long it takes to see a session at some event, in seconds."""
    chance = random.Random(frames)
    with open_source(address) as source:
        for _ in range(_SEEKS):
            # Sessions grow with the store: in the first frame of each, the same is replayed at any size.
            place = chance.randrange(min(frames, SESSIONS))
            at = chance.randrange(FRAME_EVENTS)
            begun = time.perf_counter()
            player_at(*source.before(session(place), at), at)
            yield time.perf_counter() - begun


def _ms(spent: list[float], percent: int) -> str:
    return f"{spent[len(spent) * percent // 100] * 1e3:.1f}"


if __name__ == "__main__":
    main()
