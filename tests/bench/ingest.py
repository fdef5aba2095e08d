"""Durable ingest over HTTP beside a bare loop that decodes and inserts the same frames without it.

One worker, frames of 200 events on 32 connections, from another process. The bare loop commits as many
frames at once as the collector at most can: one of each connection. The two take turns at being first, and
where other work shares the machine, the time of a processor (of the collector's process, not of PostgreSQL)
says more than the time that passed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import insert

from collector_api.database.database import database_at
from collector_api.database.tables import Contributor, Frame, SessionRow
from collector_api.limits import Limits
from collector_api.lines.decoder import read_lines
from collector_api.lines.intake import check_order
from pairlog.frame import unpack
from pairlog.options import database_uri
from tests.bench.load import EVENTS, frames_of, session_id
from tests.bench.row import Row
from tests.support.postgres import own_server
from tests.support.processes import Collector

_CONNECTIONS = 32
_FRAMES = 30
_ROUNDS = 4
_LIMITS = Limits()


class Load(NamedTuple):
    """Events per second, and the 99th percentile of the seconds that a frame took."""

    rate: float
    p99_s: float


class Spent(NamedTuple):
    """Events per second, and microseconds of a processor for each."""

    rate: float
    cpu_us: float


def rows() -> Iterable[Row]:
    for name, place in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
        with place() as (address, folder):
            collector = Collector(folder / "served", database=address)
            try:
                token = collector.token("bench")
                bares: list[Spent] = []
                served: list[Spent] = []
                for number in range(_ROUNDS):
                    if number % 2:
                        served.append(_served(collector, token, number))
                    with place() as (other, _):
                        bares.append(_bare(other))
                    if not number % 2:
                        served.append(_served(collector, token, number))
                rate, bare = max(it.rate for it in served), max(it.rate for it in bares)
                half = _load(collector.address, token, _ROUNDS * _CONNECTIONS, rate / EVENTS / 2)
            finally:
                collector.stop()
            cpu_us, bare_cpu_us = min(it.cpu_us for it in served), min(it.cpu_us for it in bares)
            yield Row(f"ingest, {name}: bare decode + insert", bare, "events/s")
            yield Row(f"ingest, {name}: durable over HTTP", rate, "events/s")
            yield Row(f"ingest, {name}: beside the bare loop", rate / bare, "x", 0.5, "at least")
            yield Row(f"ingest, {name}: CPU of the collector", cpu_us, "us/event")
            yield Row(f"ingest, {name}: CPU beside the bare loop", cpu_us / bare_cpu_us, "x")
            yield Row(f"ingest, {name}: p99 at half load", half.p99_s * 1000, "ms", 100)


@contextmanager
def _sqlite() -> Iterator[tuple[str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    try:
        yield database_uri(folder / "data"), folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _postgres() -> Iterator[tuple[str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="pairlog-bench-"))
    try:
        with own_server() as server:
            yield server.empty(), folder
    finally:
        shutil.rmtree(folder)


def _served(collector: Collector, token: str, number: int) -> Spent:
    """What a round of load cost the collector, as fast as it takes it."""
    begun = collector.cpu_s()
    rate = _load(collector.address, token, number * _CONNECTIONS).rate
    return Spent(rate, (collector.cpu_s() - begun) * 1e6 / (_CONNECTIONS * _FRAMES * EVENTS))


def _load(address: str, token: str, first: int, per_s: float = 0) -> Load:
    numbers = map(str, (first, _CONNECTIONS, _FRAMES, per_s))
    command = [sys.executable, "-m", "tests.bench.load", address, token, *numbers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout)
    latencies = sorted(found["latencies"])
    rate = len(latencies) * EVENTS / found["seconds"]
    return Load(rate, latencies[int(len(latencies) * 0.99)])


def _bare(address: str) -> Spent:
    """What a loop costs that decodes frames and inserts them, and does nothing else."""
    engine = database_at(address).open_writing()
    sessions = [session_id(number) for number in range(_CONNECTIONS)]
    frames = [frames_of(session, _FRAMES) for session in sessions]
    with engine.begin() as connection:
        connection.execute(insert(Contributor).values(id=1, name="bench", created_at="", bytes=0))
        connection.execute(insert(SessionRow), [_row(session) for session in sessions])
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for number in range(_FRAMES):
        with engine.begin() as connection:
            for session, frame in zip(sessions, (of[number] for of in frames), strict=True):
                raws = unpack(frame, _LIMITS.frame_unpacked_bytes_max, _LIMITS.frame_unpacked_bytes_max)
                lines = read_lines(raws, session, _LIMITS)
                check_order(lines)
                connection.execute(
                    insert(Frame).values(
                        session_id=session,
                        first_seq=lines[0].seq,
                        last_seq=lines[-1].seq,
                        events=len(lines),
                        data=frame,
                    )
                )
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - begun_cpu
    engine.dispose()
    events = _CONNECTIONS * _FRAMES * EVENTS
    return Spent(events / seconds, cpu_s * 1e6 / events)


def _row(session: str) -> dict[str, object]:
    return {
        **{"id": session, "contributor_id": 1, "editor": "", "started_at": "", "events": 0, "last_seq": 0},
        **{"acked": 0, "complete": False, "use": "private", "consent": "content", "bytes": 0, "changed": 0},
    }
