"""Every limit is refused by its name, and nothing is kept of what was over it."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import AsyncIterator

import pytest

from collector_api.limits import Limits, Pace, limits_of, read_body
from collector_api.problems import OverLimit, Slow, TooFast
from pairlog.errors import UserError
from tests.collector_api.driver import SESSION, Collector, problem, session_lines


def test_a_frame_with_too_many_lines(collector: Collector, mine: str) -> None:
    answer = collector.send(mine, session_lines(edits=200))
    assert (problem(answer), answer.json()["limit"]) == ((413, "limit"), "frame_events_max")
    assert collector.lines_or_none(mine) is None


def test_a_body_that_is_too_long(collector: Collector, mine: str) -> None:
    answer = collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/frames", content=b"x" * 20_001)
    assert (problem(answer), answer.json()["limit"]) == ((413, "limit"), "frame_bytes_max")


def test_a_blob_that_is_too_long(collector: Collector, mine: str) -> None:
    answer = collector.put(mine, b"x" * 1_001)
    assert (problem(answer), answer.json()["limit"]) == ((413, "limit"), "blob_bytes_max")


def test_a_session_too_many(collector: Collector, mine: str) -> None:
    answers = []
    for number in range(4):
        session = f"0193f5a0-1c00-7000-8000-00000000000{number}"
        answers.append(collector.send(mine, session_lines(session=session), session))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 507]
    assert answers[-1].json()["limit"] == "sessions_max"


def test_a_contributor_with_too_many_bytes(collector: Collector, mine: str) -> None:
    contents = [os.urandom(1000) for _ in range(51)]
    answers = [collector.put(mine, content) for content in contents]
    assert {answer.status_code for answer in answers[:50]} == {201}
    assert (problem(answers[50]), answers[50].json()["limit"]) == ((507, "limit"), "contributor_bytes_max")
    assert problem(collector.send(mine, session_lines())) == (507, "limit")
    assert collector.put(collector.token("theirs"), contents[0]).status_code == 201


def test_more_requests_than_the_rate_allows_are_told_to_wait() -> None:
    now = 0.0
    pace = Pace("requests_per_second_max", 10, 3, lambda: now)
    for _ in range(3):
        pace.take(1)
    with pytest.raises(TooFast) as refusal:
        pace.take(1)
    assert refusal.value.retry_after_s == 1
    pace.take(2)
    now = 0.1
    pace.take(1)


def test_a_body_is_not_read_further_than_its_limit() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 10
            yield b"0123456789"

    with pytest.raises(OverLimit):
        asyncio.run(read_body(endless(), None, "frame_bytes_max", 100, 10))
    assert read == 110


def test_a_body_that_announces_too_much_is_not_read_at_all() -> None:
    async def unread() -> AsyncIterator[bytes]:
        for part in ["read"]:
            raise AssertionError(part)
        yield b""

    with pytest.raises(OverLimit):
        asyncio.run(read_body(unread(), "101", "frame_bytes_max", 100, 10))


def test_a_body_that_stops_coming_is_given_up() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"0"
        await asyncio.Event().wait()

    with pytest.raises(Slow):
        asyncio.run(read_body(silent(), None, "frame_bytes_max", 100, 0))


def test_a_bomb_is_not_unpacked(collector: Collector, mine: str) -> None:
    body = gzip.compress(b"0" * 10_000_000, 9)
    answer = collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/frames", content=body)
    assert (problem(answer), answer.json()["limit"]) == ((413, "limit"), "frame_unpacked_bytes_max")


def test_an_operator_sets_limits_by_their_names() -> None:
    assert limits_of({}) == Limits()
    assert limits_of({"PAIRLOG_LIMIT_WATCHERS_MAX": "7", "HOME": "/"}) == Limits(watchers_max=7)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("WATCHER_MAX", "7", "is no limit; collector_api/limits.py lists them"),
        ("WATCHERS_MAX", "0", "give a number above 0"),
        ("WATCHERS_MAX", "-1", "give a number above 0"),
        ("WATCHERS_MAX", "many", "give a number above 0"),
        ("WATCHERS_MAX", "9" * 30, "give a number above 0"),
    ],
)
def test_a_limit_that_is_none_is_said_in_a_line(name: str, value: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        limits_of({f"PAIRLOG_LIMIT_{name}": value})
