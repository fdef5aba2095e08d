"""A collector that fails as a test says, and one session's way to it; a recorder in a small repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.home import open_home
from tests.lsp_server.dispatch import Bench
from tests.lsp_server.failing_collector import FailingCollector, failing_collector
from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import CART, SHELF, Watched, watched


@pytest.fixture
def collector() -> Iterator[FailingCollector]:
    with failing_collector() as fake:
        yield fake


@pytest.fixture
def bench(tmp_path: Path, collector: FailingCollector) -> Bench:
    return Bench(open_home(tmp_path / "home"), collector.address)


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Watched]:
    shop = Shop(
        tmp_path / "shop",
        {"cart.py": CART, "lib/shelf.py": SHELF, ".env": "KEY=1\n", ".gitignore": "out/\n"},
    )
    with watched(shop, tmp_path / "home") as watching:
        yield watching
