"""A store, in SQLite and in PostgreSQL, a collector over it, and one contributor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector_api.database.database import database_at
from collector_api.server.app import create_app
from collector_api.store import Store
from pairlog.options import database_uri
from tests.collector_api.driver import SMALL, Collector
from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store with nothing in it; what holds on one database holds on the other."""
    if request.param == "sqlite":
        yield database_uri(tmp_path / "data")
        return
    server: Server = request.getfixturevalue("postgres")
    address = server.store()
    yield address
    server.drop(address)


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    store = Store(database_at(store_address))
    yield store
    store.close()


@pytest.fixture
def collector(store_address: str, store: Store) -> Iterator[Collector]:
    with asyncio.Runner() as loop:
        yield Collector(store_address, store, create_app(store, SMALL), loop)


@pytest.fixture
def mine(collector: Collector) -> str:
    """A contributor's token."""
    return collector.token("mine")
