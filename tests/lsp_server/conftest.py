"""A collector that fails as a test says, and one session's way to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.home import open_home
from tests.lsp_server.dispatch import Bench
from tests.lsp_server.failing_collector import FailingCollector, failing_collector


@pytest.fixture
def collector() -> Iterator[FailingCollector]:
    with failing_collector() as fake:
        yield fake


@pytest.fixture
def bench(tmp_path: Path, collector: FailingCollector) -> Bench:
    return Bench(open_home(tmp_path / "home"), collector.address)
