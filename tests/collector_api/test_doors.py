"""Doors that open without a token: paced by address, and nothing is written for whoever knocks in vain."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from collector_api.database.database import database_at
from collector_api.door import browser
from collector_api.routes.readiness import Readiness
from collector_api.rows.tokens import OPERATOR
from collector_api.server.app import create_app
from collector_api.store import Store
from tests.collector_api.driver import SMALL, Collector, on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def guarded(store_address: str, store: Store) -> Iterator[Collector]:
    """A collector that lets three through, and one more a second."""
    limits = replace(SMALL, address_requests_per_second_max=1, address_requests_burst_max=3)
    with asyncio.Runner() as loop:
        yield Collector(store_address, store, create_app(store, limits), loop)


def _many(collector: Collector, method: str, path: str, **rest: Any) -> list[int]:
    return [collector.request(method, path, **rest).status_code for _ in range(6)]


@pytest.mark.parametrize(
    ("method", "path", "first"),
    [
        ("GET", "/enter?key=x", 403),
        ("POST", "/leave", 303),
        ("GET", "/readyz", 200),
        ("GET", "/healthz", 200),
    ],
)
def test_an_open_door_is_paced_by_address(guarded: Collector, method: str, path: str, first: int) -> None:
    assert _many(guarded, method, path) == [first] * 3 + [429] * 3


def test_tokens_that_are_wrong_are_paced_and_those_that_are_known_go_on(guarded: Collector) -> None:
    mine = guarded.token("mine")
    assert guarded.ask(mine, "GET", "/v1/sessions").status_code == 200
    wrong = {"Authorization": "Bearer plg_wrong"}
    assert _many(guarded, "GET", "/v1/sessions", headers=wrong) == [401] * 3 + [429] * 3
    assert guarded.ask(mine, "GET", "/v1/sessions").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/enter?key=x"), ("POST", "/leave"), ("GET", "/v1/sessions")]
)
def test_whoever_knocks_in_vain_has_nothing_written(store_address: str, method: str, path: str) -> None:
    with closing(Store(database_at(store_address))) as store, asyncio.Runner() as loop:
        collector = Collector(store_address, store, create_app(store, SMALL), loop)
        headers = {"Authorization": "Bearer plg_wrong", "Cookie": "pairlog=wrong"}
        with _writer_busy(store):
            assert collector.request(method, path, headers=headers).status_code in (401, 403, 303)
            assert store.waiting == 0


@contextmanager
def _writer_busy(store: Store) -> Iterator[None]:
    """Whatever is to be written meanwhile waits."""
    begun, go_on = threading.Event(), threading.Event()
    busy = store.write(lambda connection: (begun.set(), go_on.wait(20)))
    begun.wait(20)
    try:
        yield
    finally:
        go_on.set()
        busy.result()


def test_keys_are_good_for_minutes_and_none_outlives_a_start(collector: Collector) -> None:
    def job(connection: Connection) -> list[bool]:
        key = browser.one_time_key(connection, OPERATOR, 0.0)
        good = [browser.whose_key(connection, key, now) is not None for now in (599.0, 600.0)]
        browser.drop_keys(connection)
        return [*good, browser.whose_key(connection, key, 1.0) is not None]

    assert collector.store.written(job) == [True, False, False]


def test_readiness_is_asked_once_a_second(store: Store) -> None:
    now = 0.0
    readiness = Readiness(store, lambda: now)

    async def ask() -> None:
        nonlocal now
        assert await readiness.waiting() == 0
        with _writer_busy(store):
            assert await readiness.waiting() == 0
            now = 1.0
            asked = asyncio.create_task(readiness.waiting())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert store.waiting == 1
            asked.cancel()

    asyncio.run(ask())


def test_a_store_that_takes_no_write_is_not_ready(collector: Collector) -> None:
    def only_read(action: int, *_: object) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_UPDATE else sqlite3.SQLITE_OK

    def is_ready(allowed: Callable[..., int] | None) -> tuple[int, str]:
        with closing(collector.store._writing.raw_connection()) as connection:
            connection.driver_connection.set_authorizer(allowed)  # type: ignore[union-attr]
        collector.app.state.readiness = Readiness(collector.store)
        answer = collector.request("GET", "/readyz")
        return answer.status_code, answer.json().get("code", "")

    assert list(map(is_ready, (None, only_read, None))) == [(200, ""), (503, "storage"), (200, "")]
