"""Watching a collector that is a process of its own: how soon what is durable is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pairlog.frame import pack
from tests.collector_api.driver import SESSION
from tests.collector_api.secret import SAVES, SPANS, masked_lines, secret_lines
from tests.collector_api.test_live import END, Message, as_messages, parse
from tests.support.processes import Collector

#: What a live watcher may wait, from durable to seen.
SEEN_S_MAX = 2.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data")
    yield served
    served.stop()


class Client:
    """A contributor, who writes and watches."""

    def __init__(self, served: Collector) -> None:
        headers = {"Authorization": f"Bearer {served.token('mine')}"}
        self.http = httpx.Client(base_url=f"{served.address}/v1/sessions/{SESSION}", headers=headers)

    def send(self, lines: list[bytes]) -> None:
        assert self.http.post("/frames", content=pack(lines)).status_code == 200

    def take_back(self, how: str, **body: Any) -> None:
        assert self.http.post(f"/{how}", json=body).status_code == 200

    def watch(self, first: int = 0) -> Iterator[Message]:
        """The messages as they come."""
        with self.http.stream("GET", "/live", params={"from": first}) as answer:
            waiting = b""
            for text in answer.iter_bytes():
                *blocks, waiting = (waiting + text).split(b"\n\n")
                for block in blocks:
                    yield from parse(block + b"\n\n")


def test_what_is_durable_is_seen_within_two_seconds(served: Collector) -> None:
    client, lines = Client(served), secret_lines()
    client.send(lines[:1])
    watched = client.watch()
    assert next(watched) == as_messages(lines[:1])[0]
    spent = []
    for seq in range(1, 5):
        begun = time.monotonic()
        client.send(lines[seq : seq + 1])
        assert next(watched) == as_messages(lines[seq : seq + 1])[0]
        spent.append(time.monotonic() - begun)
    begun = time.monotonic()
    body = {"id": "r1", "spans": SPANS, "saves": SAVES, "blobs": []}
    client.take_back("redactions", **body)
    assert next(watched) == ("redaction", None, body)
    spent.append(time.monotonic() - begun)
    begun = time.monotonic()
    window = {"from": 4, "through": 4}
    client.take_back("forget", **window)
    assert next(watched) == ("forget", None, window)
    spent.append(time.monotonic() - begun)
    assert max(spent) < SEEN_S_MAX
    client.send(lines[5:])
    gone = {"seq": 4, "t": 4, "type": "forget", "through": 4}
    assert list(watched) == [("line", 4, gone), *as_messages(masked_lines()[5:]), END]


def test_it_stops_at_once_although_somebody_watches(served: Collector) -> None:
    client = Client(served)
    client.send(secret_lines()[:1])
    watched = client.watch()
    next(watched)
    begun = time.monotonic()
    served.stop()
    assert list(watched) == []
    assert time.monotonic() - begun < 5
    assert served.log() == ""


def test_one_who_never_reads_keeps_nobody_waiting(served: Collector) -> None:
    client = Client(served)
    client.send(secret_lines()[:1])
    with client.http.stream("GET", "/live") as unread:
        assert unread.status_code == 200
        large = secret_lines()[2].replace(b'"t":2', b'"t":2,"later":"' + b"x" * 1_000_000 + b'"')
        client.send([secret_lines()[1], large])
        for seq in range(3, 20):
            client.send([large.replace(b'"seq":2', b'"seq":%d' % seq)])
        watched = client.watch(first=19)
        assert next(watched)[:2] == ("line", 19)
