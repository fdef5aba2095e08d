"""`pairlog.client` watches a real server, which dies, comes back, is full, and stops letting it watch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.client import Client, CollectorError, Line
from pairlog.frame import pack
from pairlog.line import parse
from tests.collector_api.driver import SESSION, session_lines
from tests.support.processes import Collector

#: `watchers_max` of one token.
PER_TOKEN = 32


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data")
    yield served
    served.stop()


@pytest.fixture
def mine(served: Collector) -> Iterator[Client]:
    with Client(served.address, served.token("mine")) as client:
        yield client


def told(lines: list[bytes]) -> list[Line]:
    return [Line(parse(line)["seq"], line) for line in lines]


def test_a_server_that_dies_in_the_middle_and_comes_back_is_watched_on(
    served: Collector, mine: Client
) -> None:
    lines = session_lines(20)
    mine.post_frame(SESSION, pack(lines[:3]))
    watched = mine.live(SESSION)
    seen = [next(watched) for _ in range(3)]
    served.kill()
    again = Collector(served.data, int(served.address.rpartition(":")[2]))
    try:
        assert mine.post_frame(SESSION, pack(lines)) == len(lines) - 1
        assert [*seen, *watched] == told(lines)
    finally:
        again.stop()


def test_a_server_that_stays_away_is_given_up(served: Collector, mine: Client) -> None:
    mine.post_frame(SESSION, pack(session_lines()[:3]))
    waited: list[float] = []
    with Client(mine.address, served.token("mine"), patience_s=20, sleep=waited.append) as client:
        watched = client.live(SESSION, 2)
        next(watched)
        served.kill()
        with pytest.raises(CollectorError, match=r"no answer from .*; is `pairlog serve` up\?"):
            next(watched)
    assert 3 < sum(waited) <= 20


def test_one_who_watches_too_much_waits_as_long_as_it_is_told(served: Collector) -> None:
    token = served.token("mine")
    with Client(served.address, token) as first:
        first.post_frame(SESSION, pack(session_lines()[:1]))
        watching = [first.live(SESSION) for _ in range(PER_TOKEN)]
        assert {next(watched) for watched in watching} == {*told(session_lines()[:1])}
        waited: list[float] = []

        def leave_and_sleep(seconds: float) -> None:
            watching.pop().close()
            waited.append(seconds)
            time.sleep(seconds)

        with Client(served.address, token, sleep=leave_and_sleep) as second:
            assert next(second.live(SESSION)) == told(session_lines()[:1])[0]
        assert waited[0] == 1.0
        for watched in watching:
            watched.close()


def test_a_session_that_is_erased_ends_it_with_the_reason(mine: Client) -> None:
    mine.post_frame(SESSION, pack(session_lines()[:1]))
    watched = mine.live(SESSION)
    next(watched)
    mine.erase(SESSION)
    with pytest.raises(CollectorError, match="was erased") as refused:
        list(watched)
    assert (refused.value.status, refused.value.code) == (410, "erased")
