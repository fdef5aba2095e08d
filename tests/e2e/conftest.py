"""What the tests with real editors share: a live collector and a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Collector, end_leftovers


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path / "collector")
    yield running
    running.stop()


@pytest.fixture
def home(tmp_path: Path, collector: Collector) -> Iterator[Path]:
    """The recorder's home. Nothing may still run in it once the collector has all."""
    folder = tmp_path / "home"
    yield folder
    assert end_leftovers(folder) == []
