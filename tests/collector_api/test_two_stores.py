"""Two collectors on one PostgreSQL store: what one does at the same moment as the other, and hears of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import psycopg
import pytest

from collector_api.arriving.arrivals import Arrivals
from collector_api.database.database import database_at
from collector_api.database.migrations import STEPS
from collector_api.erasing.redacting import redact
from collector_api.limits import Limits
from collector_api.lines.decoder import read_lines
from collector_api.lines.redactions import Redaction
from collector_api.problems import Conflict, Hole, Problem
from collector_api.rows import frames, sessions, tokens
from collector_api.rows.appending import Arrival
from collector_api.store import Store
from pairlog.frame import pack
from pairlog.masking import Span
from tests.collector_api.driver import SESSION, session_lines
from tests.support.postgres import Server

T = TypeVar("T")

ROUNDS = 10
LIMITS = Limits()
SEEN_S_MAX = 2.0


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    address = postgres.store()
    yield address
    postgres.drop(address)


@pytest.fixture
def stores(database: str) -> Iterator[list[Store]]:
    stores = [Store(database_at(database)) for _ in range(2)]
    stores[0].write(lambda connection: tokens.create(connection, "mine", "contributor")).result()
    yield stores
    for store in stores:
        store.close()


def _session(number: int) -> str:
    return f"{SESSION[:-4]}{number:04x}"


def _post(store: Store, session: str, raws: list[bytes]) -> object:
    """The last seq that is covered, or the class of the refusal."""
    arrival = Arrival(session, 1, read_lines(raws, session, LIMITS), pack(raws))

    async def take() -> object:
        try:
            return (await Arrivals(store, LIMITS).take(arrival)).acked
        except Problem as problem:
            return type(problem)

    return asyncio.run(take())


def _redact(store: Store, session: str, redaction: Redaction) -> int:
    return store.write(lambda connection: redact(connection, session, 1, redaction, LIMITS)).result(20)


def _at_once(*acts: Callable[[], T]) -> list[T]:
    """What these return, done as nearly at the same moment as can be."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _stored(store: Store, session: str) -> list[bytes]:
    with store.reading() as connection:
        return list(frames.lines_from(connection, session))


def test_the_same_frame_to_both_is_stored_once(stores: list[Store]) -> None:
    for number in range(ROUNDS):
        session = _session(number)
        lines = session_lines(session=session)
        for begin in range(0, len(lines), 3):
            frame = lines[begin : begin + 3]
            found = _at_once(*(partial(_post, store, session, frame) for store in stores))
            assert found == [begin + 2] * 2
        assert _stored(stores[0], session) == lines


def test_other_lines_at_the_same_seq_are_a_conflict_for_one_of_both(stores: list[Store]) -> None:
    for number in range(ROUNDS):
        session = _session(number)
        lines = session_lines(session=session)
        _post(stores[0], session, lines[:2])
        versions = [lines[:3], [*lines[:2], lines[2].replace(b'"typed"', b'"paste"')]]
        found = _at_once(
            *(partial(_post, store, session, it) for store, it in zip(stores, versions, strict=True))
        )
        assert sorted(map(str, found)) == sorted(map(str, [2, Conflict]))
        assert _stored(stores[0], session) == versions[found.index(2)]


def test_a_frame_that_overtakes_the_one_before_is_a_hole_or_fits(stores: list[Store]) -> None:
    for number in range(ROUNDS):
        session = _session(number)
        lines = session_lines(session=session)
        first, second = _at_once(
            partial(_post, stores[0], session, lines[:4]), partial(_post, stores[1], session, lines[4:])
        )
        assert first == 3
        assert second in (len(lines) - 1, Hole)
        expected = lines if second != Hole else lines[:4]
        assert _stored(stores[1], session) == expected


def test_lines_and_a_redaction_of_them_at_once_end_masked(stores: list[Store]) -> None:
    redaction = Redaction("r1", (Span(2, "/changes/0/4", 0, 1),))
    for number in range(ROUNDS):
        session = _session(number)
        lines = session_lines(session=session)
        _post(stores[0], session, lines[:2])
        _at_once(
            partial(_post, stores[0], session, lines[2:]), partial(_redact, stores[1], session, redaction)
        )
        masked = lines[2].replace(b'"a"', b'"*"')
        assert _stored(stores[0], session) == [*lines[:2], masked, *lines[3:]]


def test_who_reads_what_changed_misses_nothing(stores: list[Store]) -> None:
    """The number of a change is never seen before a smaller one."""
    reader = tokens.Principal(1, "mine", "contributor", 1)
    posts = [
        partial(_post, stores[number % 2], _session(number), session_lines(session=_session(number)))
        for number in range(40)
    ]
    seen: list[str] = []
    after = 0
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(post) for post in posts]
        while not all(future.done() for future in done) or len(seen) < len(posts):
            with stores[0].reading() as connection:
                rows, _ = sessions.listed(connection, reader, after)
                after = connection.exec_driver_sql(
                    "SELECT coalesce(max(changed), 0) FROM session"
                ).scalar_one()
            seen.extend(row.session for row in rows)
    assert sorted(seen) == [_session(number) for number in range(40)]


def test_what_one_makes_durable_the_other_hears_of(stores: list[Store]) -> None:
    async def heard() -> float:
        with stores[1].bell.listening(SESSION) as rung:
            # The listener rings for everybody as it begins.
            await asyncio.to_thread(_post, stores[0], SESSION, session_lines()[:1])
            await asyncio.wait_for(rung.wait(), SEEN_S_MAX)
            rung.clear()
            begun = time.monotonic()
            await asyncio.to_thread(_post, stores[0], SESSION, session_lines()[1:])
            await asyncio.wait_for(rung.wait(), SEEN_S_MAX)
            return time.monotonic() - begun

    assert asyncio.run(heard()) < SEEN_S_MAX


def test_one_at_a_time_does_what_one_does_for_all(stores: list[Store]) -> None:
    first, second = stores
    with first.alone() as one, second.alone() as other:
        assert (one, other) == (True, False)
    with second.alone() as other:
        assert other


def test_two_that_start_at_once_make_the_tables_once(postgres: Server) -> None:
    address = postgres.empty()
    engines = _at_once(*[database_at(address).open_writing] * 4)
    for engine in engines:
        engine.dispose()
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT version FROM schema_version ORDER BY version").fetchall()
    assert rows == [(version,) for version in range(1, len(STEPS) + 1)]
    postgres.drop(address)
