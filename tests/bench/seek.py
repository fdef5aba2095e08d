"""How long it takes to see a long session at any of its moments, and what that costs at rest."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from collector_api.arriving import receiving
from collector_api.database.database import database_at
from collector_api.database.direct import Direct
from collector_api.limits import Limits
from collector_api.lines.decoder import read_lines
from collector_api.pages.marks import Marker
from collector_api.pages.playback import AROUND, play
from collector_api.rows import frames, keyframes, sessions, tokens
from collector_api.rows.appending import Arrival
from pairlog.events import Edit, End, Session
from pairlog.frame import pack, parts
from pairlog.line import decode, encode
from pairlog.options import database_uri
from pairlog.source import open_source
from processing.sessions.states import player_at
from tests import corpus
from tests.bench.row import Row
from tests.bench.stored import session

EVENTS = 250_000
SEEKS = 300


def rows() -> Iterable[Row]:
    if not corpus.present():
        yield Row("seek: skipped, the traces are not here", 0, "")
        return
    with tempfile.TemporaryDirectory() as folder:
        lines = list(long_session())
        spent = _store(Path(folder), lines)
        yield Row(f"keyframes of {EVENTS:,} events, once", spent, "s")
        yield from _seeks(Path(folder), lines)


def long_session() -> Iterator[bytes]:
    """A session of `EVENTS` events: a trace, typed again and again into a new document each time."""
    trace = corpus.load(corpus.NAMES[0])
    header, opened, *edits = map(decode, session(trace))
    yield encode(header)
    seq = 1
    while True:
        doc = 1 + seq // len(edits)
        for event in (replace(opened, doc=doc, path=f"{doc}.rs"), *edits):
            if seq == EVENTS - 1:
                yield encode(End(seq=seq, t=seq * 100, reason="shutdown"))
                return
            if isinstance(event, Edit):
                event = replace(event, doc=doc, version=None)
            yield encode(replace(event, seq=seq, t=seq * 100))
            seq += 1


@contextmanager
def send(folder: Path, frames: Iterable[Sequence[bytes]]) -> Iterator[Direct]:
    """A new store that has received these frames of one session."""
    limits = Limits()
    with Direct(database_at(database_uri(folder))) as store:
        contributor = store.written(lambda connection: tokens.contributor_named(connection, "bench"))
        name = ""
        for some in frames:
            header = decode(some[0])
            name = header.session if isinstance(header, Session) else name
            frame = Arrival(name, contributor, read_lines(some, name, limits), pack(some))
            store.written(lambda connection, frame=frame: receiving.receive(connection, frame, limits))
        yield store


def _store(folder: Path, lines: list[bytes]) -> float:
    with send(folder, parts(lines)) as store:
        begun = time.perf_counter()
        with store.reading() as connection:
            (info,) = sessions.everything(connection)
            made = list(keyframes.made(connection, info.session))
        store.written(lambda connection: keyframes.keep(connection, info, made))
        return time.perf_counter() - begun


def _seeks(folder: Path, lines: list[bytes]) -> Iterator[Row]:
    chance = random.Random(0)
    moments = [chance.randrange(EVENTS) for _ in range(SEEKS)]
    spent, shown = [], []
    with open_source(database_uri(folder)) as source:
        (row,) = source.sessions()
        for at in moments:
            begun = time.perf_counter()
            player_at(*source.before(row.session, at), at)
            spent.append(time.perf_counter() - begun)
    with Direct(database_at(database_uri(folder))) as store:
        for at in moments[:50]:
            begun = time.perf_counter()
            with store.reading() as connection:
                whole, marker = keyframes.tape_of(connection, row.session), Marker()
                start = whole.before(at, AROUND)
                player = keyframes.player_before(connection, row.session, start, lambda sha256: b"", marker)
                play(whole, marker, player, frames.lines_from(connection, row.session, player.seq + 1), 1, at)
            shown.append(time.perf_counter() - begun)
        with store.reading() as connection:
            cached, stored = (
                connection.exec_driver_sql(f"SELECT sum(length(data)) FROM {table}").scalar_one()
                for table in ("keyframe", "frame")
            )
    yield Row(f"seek anywhere in {EVENTS:,} events, p50", sorted(spent)[SEEKS // 2] * 1e3, "ms")
    yield Row(f"seek anywhere in {EVENTS:,} events, p99", sorted(spent)[SEEKS * 99 // 100] * 1e3, "ms", 20)
    yield Row("what the page shows of it, p99", max(shown) * 1e3, "ms")
    yield Row("keyframes beside the frames, bytes", cached / stored, "x")
