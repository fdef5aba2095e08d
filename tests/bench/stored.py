"""What a session costs at rest and in replay, on the recorded traces."""

from __future__ import annotations

import time
from collections.abc import Iterable

from pairlog.events import Edit, Open, Session
from pairlog.frame import pack, unpack
from pairlog.line import decode, encode
from pairlog.replay import Player
from tests import corpus
from tests.bench.row import Row

_FRAME_LINES = 1000
_ROUNDS = 5


def rows() -> Iterable[Row]:
    if not corpus.present():
        yield Row("bytes per edit and replay: skipped, the traces are not here", 0, "")
        return
    for name in corpus.NAMES:
        trace = corpus.load(name)
        lines = session(trace)
        frames = [pack(lines[at : at + _FRAME_LINES], 9) for at in range(0, len(lines), _FRAME_LINES)]
        stored = sum(map(len, frames)) - len(frames[0]) + len(pack(lines[2:_FRAME_LINES], 9))
        yield Row(f"{name}: bytes per edit, repacked frames", stored / len(trace.edits), "B", 18)
        decoding, replaying, events = [], [], len(lines)
        for _ in range(_ROUNDS):
            decoding.append(seconds_to_decode(frames))
            replaying.append(seconds_to_replay(frames, trace.end))
        yield Row(f"{name}: replay beside decoding alone", min(replaying) / min(decoding), "x", 2)
        yield Row(f"{name}: replay", events / min(replaying), "events/s")


def session(trace: corpus.Trace) -> list[bytes]:
    """The lines that the recorder writes for a trace."""
    opened = Open(seq=1, t=1, doc=1, path="trace", why="opened", source="editor", text=trace.start)
    edits = (
        Edit(seq=seq, t=time_ms, doc=1, changes=changes)
        for seq, (time_ms, changes) in enumerate(zip(trace.times, trace.edits, strict=True), start=2)
    )
    return [encode(event) for event in (header("0193f5a0-1c00-7000-8000-000000000001"), opened, *edits)]


def header(session: str) -> Session:
    return Session(
        seq=0,
        t=0,
        wire=1,
        session=session,
        started_at="2026-11-01T09:00:00.000Z",
        editor={"name": "bench", "version": "1"},
        recorder={"name": "pairlog", "version": "1"},
        position_encoding="utf-16",
        clock="recorder",
        workspace="0",
        consent="content",
        use="private",
        policy="2026-11",
    )


def seconds_to_decode(frames: list[bytes]) -> float:
    begun = time.process_time()
    for frame in frames:
        for line in unpack(frame, 1 << 26):
            decode(line)
    return time.process_time() - begun


def seconds_to_replay(frames: list[bytes], end: str) -> float:
    begun = time.process_time()
    player = Player()
    for frame in frames:
        for line in unpack(frame, 1 << 26):
            player.feed(decode(line))
    spent = time.process_time() - begun
    assert player.at("trace").document.text == end
    return spent
