"""Frames that arrive while others are written go to the store together, as if each had gone alone."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from collector_api.arriving import arrivals, receiving
from collector_api.arriving.arrivals import Arrivals
from collector_api.arriving.opening import open_frame
from collector_api.arriving.receiving import Received
from collector_api.database.database import database_at
from collector_api.limits import Limits
from collector_api.problems import Problem
from collector_api.rows import tokens
from collector_api.rows.appending import Arrival
from collector_api.store import Store
from pairlog.frame import pack
from pairlog.options import database_uri
from tests.collector_api.driver import SESSION, Collector, line, on_sqlite, problem, session_lines

LIMITS = Limits()
BYTES_MAX = LIMITS.frame_unpacked_bytes_max
SESSIONS = [f"{SESSION[:-1]}{number}" for number in range(4)]
LINES = {session: session_lines(session=session) for session in SESSIONS}


def _frame(session: str, lines: Sequence[bytes], contributor: int = 1) -> Arrival:
    body = pack(lines)
    return Arrival(session, contributor, open_frame(body, session, LIMITS, BYTES_MAX), body)


def _taken(store: Store, *frames: Arrival) -> list[Received | BaseException]:
    """What becomes of frames that arrive at the same moment."""

    async def take() -> list[Received | BaseException]:
        taking = Arrivals(store, LIMITS)
        return await asyncio.gather(*map(taking.take, frames), return_exceptions=True)

    return asyncio.run(take())


def _acked(results: Sequence[Received | BaseException]) -> list[int | str]:
    return [it.acked if isinstance(it, Received) else getattr(it, "code", repr(it)) for it in results]


def test_those_that_are_refused_stop_no_other(collector: Collector, mine: str) -> None:
    collector.token("theirs")
    one, two, three, new = SESSIONS
    for session in (one, two, three):
        collector.send(mine, LINES[session][:2], session)
    results = _taken(
        collector.store,
        _frame(one, LINES[one][2:4]),
        _frame(one, LINES[one][4:6]),
        _frame(one, LINES[one][7:]),
        _frame(two, [line(1, "focus", focused=True)]),
        _frame(three, LINES[three][2:4], contributor=2),
        _frame(three, LINES[three][2:]),
        _frame(new, LINES[new]),
    )
    assert _acked(results) == [3, 5, "hole", "conflict", "owner", 8, 8]
    stored = [collector.lines_or_none(mine, session) for session in SESSIONS]
    assert stored[:2] == [LINES[one][:6], LINES[two][:2]]
    counted, kept = collector.bytes_counted()
    assert counted == kept


def test_each_of_them_is_a_change_of_its_own(collector: Collector, mine: str) -> None:
    for session in SESSIONS[:3]:
        collector.send(mine, LINES[session][:2], session)
    _taken(collector.store, *(_frame(session, LINES[session][2:-1]) for session in SESSIONS[:3]))
    found: list[str] = []
    after: int | None = 0
    while after is not None:
        asked = {"changed_after": after, "limit": 1}
        page = collector.ask(mine, "GET", "/v1/sessions", params=asked).json()
        found += [row["session"] for row in page["sessions"]]
        after = page["next"]
    assert found == SESSIONS[:3]


def test_where_too_many_wait_the_next_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.written(lambda connection: tokens.contributor_named(connection, "one"))
    monkeypatch.setattr(arrivals, "WAITING_MAX", 2)
    results = _taken(store, *(_frame(session, LINES[session]) for session in SESSIONS))
    assert _acked(results) == [8, 8, "rate", "rate"]


def test_who_is_refused_so_is_told_when_to_come_again(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "WAITING_MAX", 0)
    answer = collector.send(mine, session_lines())
    assert problem(answer) == (429, "rate")
    assert answer.headers["retry-after"] == "1"


@on_sqlite
def test_a_full_disk_refuses_all_that_went_together(collector: Collector, mine: str) -> None:
    def fill(connection: Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    some = SESSIONS[:2]
    for session in some:
        collector.send(mine, LINES[session][:2], session)
    collector.store.written(lambda connection: fill(connection, 1))
    large = line(2, "run", id="r", phase="output", output="".join(map(str, range(100_000))))
    results = _taken(collector.store, *(_frame(session, [large]) for session in some))
    assert _acked(results) == ["storage", "storage"]
    collector.store.written(lambda connection: fill(connection, 2**30))
    assert [collector.lines(mine, session) for session in some] == [LINES[session][:2] for session in some]
    results = _taken(collector.store, *(_frame(session, LINES[session]) for session in some))
    assert _acked(results) == [8, 8]


@st.composite
def frames(draw: st.DrawFn) -> list[list[Arrival]]:
    """Groups of frames of a few sessions: in order, again, too early, changed, or another's."""
    groups: list[list[Arrival]] = []
    for _ in range(draw(st.integers(1, 4))):
        group: list[Arrival] = []
        for _ in range(draw(st.integers(1, 6))):
            session = draw(st.sampled_from(SESSIONS[:3]))
            first = draw(st.integers(0, len(LINES[session]) - 1))
            some = LINES[session][first : first + draw(st.integers(1, 5))]
            if draw(st.integers(0, 5)) == 0:
                some = [*some[:-1], some[-1].replace(b'"t":', b'"t": ')]
            body = gzip.compress(b"\n".join(some) + b"\n", 1) if draw(st.booleans()) else pack(some)
            try:
                lines = open_frame(body, session, LIMITS, BYTES_MAX)
            except Problem:
                continue
            group.append(Arrival(session, draw(st.sampled_from([1, 1, 1, 2])), lines, body))
        groups.append(group)
    return groups


@contextmanager
def _empty() -> Iterator[Connection]:
    """A new store with two contributors, in a transaction."""
    with tempfile.TemporaryDirectory() as folder:
        engine = database_at(database_uri(Path(folder))).open_writing()
        with engine.begin() as connection:
            assert [tokens.contributor_named(connection, name) for name in ("one", "two")] == [1, 2]
            yield connection
        engine.dispose()


def _one_by_one(connection: Connection, group: Sequence[Arrival]) -> list[Received | Exception]:
    results: list[Received | Exception] = []
    for arrival in group:
        try:
            with connection.begin_nested():
                results.append(receiving.receive(connection, arrival, LIMITS))
        except Problem as problem:
            results.append(problem)
    return results


def _stored(connection: Connection) -> list[object]:
    """All rows, but the numbers of changes, whose order within a group is free."""
    questions = (
        "SELECT * FROM frame ORDER BY session_id, first_seq",
        "SELECT id, contributor_id, project, editor, started_at, ended_at, events, last_seq, acked, complete,"
        " use, consent, revision, bytes, redact_through, languages, has_tests, has_completions, study,"
        " condition, packed_through, lake_file_id FROM session ORDER BY id",
        "SELECT id, bytes FROM contributor ORDER BY id",
    )
    return [connection.exec_driver_sql(question).all() for question in questions]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames())
def test_a_group_leaves_what_its_frames_leave_one_by_one(groups: list[list[Arrival]]) -> None:
    with _empty() as together, _empty() as alone:
        for group in groups:
            found = receiving.receive_all(together, group, LIMITS)
            assert list(map(repr, found)) == list(map(repr, _one_by_one(alone, group)))
            assert _stored(together) == _stored(alone)
