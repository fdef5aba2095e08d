"""Watching a collector that is a process of its own: how soon what is durable is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.client import Client, CollectorError, Forgotten, Line, Redaction
from pairlog.frame import pack
from pairlog.line import parse
from pairlog.masking import Span
from tests.collector_api.driver import SESSION
from tests.collector_api.secret import SAVES, SPANS, masked_lines, secret_lines
from tests.support.processes import Collector

#: What a live watcher may wait, from durable to seen.
SEEN_S_MAX = 2.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data")
    yield served
    served.stop()


@pytest.fixture
def mine(served: Collector) -> Iterator[Client]:
    """A contributor, who writes and watches."""
    with Client(served.address, served.token("mine"), patience_s=0) as client:
        yield client


def told(lines: list[bytes]) -> list[Line]:
    return [Line(parse(line)["seq"], line) for line in lines]


def test_what_is_durable_is_seen_within_two_seconds(mine: Client) -> None:
    lines = secret_lines()
    mine.post_frame(SESSION, pack(lines[:1]))
    watched = mine.live(SESSION)
    assert next(watched) == told(lines[:1])[0]
    spent = []
    for seq in range(1, 5):
        begun = time.monotonic()
        mine.post_frame(SESSION, pack(lines[seq : seq + 1]))
        assert next(watched) == told(lines[seq : seq + 1])[0]
        spent.append(time.monotonic() - begun)
    begun = time.monotonic()
    redaction = Redaction([Span(*span) for span in SPANS], [(seq, digest) for seq, digest in SAVES], [])
    assert mine.redact(SESSION, "r1", redaction) == 1
    assert next(watched) == redaction
    spent.append(time.monotonic() - begun)
    begun = time.monotonic()
    assert mine.forget(SESSION, 4, 4) == 2
    assert next(watched) == Forgotten(4, 4)
    spent.append(time.monotonic() - begun)
    assert max(spent) < SEEN_S_MAX
    mine.post_frame(SESSION, pack(lines[5:]))
    gone = b'{"seq":4,"t":4,"type":"forget","through":4}'
    assert list(watched) == [Line(4, gone), *told(masked_lines()[5:])]


def test_it_stops_at_once_although_somebody_watches(served: Collector, mine: Client) -> None:
    mine.post_frame(SESSION, pack(secret_lines()[:1]))
    watched = mine.live(SESSION)
    next(watched)
    begun = time.monotonic()
    served.stop()
    with pytest.raises(CollectorError, match="in the middle of"):
        next(watched)
    assert time.monotonic() - begun < 5
    assert served.log() == ""


def test_one_who_never_reads_keeps_nobody_waiting(mine: Client) -> None:
    mine.post_frame(SESSION, pack(secret_lines()[:1]))
    unread = mine.live(SESSION)
    next(unread)
    large = secret_lines()[2].replace(b'"t":2', b'"t":2,"later":"' + b"x" * 1_000_000 + b'"')
    mine.post_frame(SESSION, pack([secret_lines()[1], large]))
    for seq in range(3, 20):
        mine.post_frame(SESSION, pack([large.replace(b'"seq":2', b'"seq":%d' % seq)]))
    watched = mine.live(SESSION, 19)
    told_last = next(watched)
    assert isinstance(told_last, Line)
    assert told_last.seq == 19
    watched.close()
    unread.close()
