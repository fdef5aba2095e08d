"""A store, a collector over it, and one contributor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector_api.app import create_app
from collector_api.browser import Browser
from collector_api.store import Store
from tests.collector_api.driver import SMALL, Collector


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "data" / "pairlog.db")
    yield store
    store.close()


@pytest.fixture
def collector(store: Store) -> Iterator[Collector]:
    browser = Browser()
    with asyncio.Runner() as loop:
        yield Collector(store, browser, create_app(store, browser, SMALL), loop)


@pytest.fixture
def mine(collector: Collector) -> str:
    """A contributor's token."""
    return collector.token("mine")
