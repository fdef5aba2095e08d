"""A tenth of `make soak`. PAIRLOG_SOAK_SEED, in a run's header, and PAIRLOG_SOAK_ROUNDS repeat it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak import cuts, deaths, kills

SEED = int(os.environ["PAIRLOG_SOAK_SEED"])
DEATHS = 400
ROUNDS = int(os.environ.get("PAIRLOG_SOAK_ROUNDS") or 20)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the system has one: a cut is made by us and not by a disk."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.timeout(300)
def test_kill_9_loses_and_doubles_nothing_that_was_handled(tmp_path: Path) -> None:
    result = kills.run(tmp_path, ROUNDS, SEED)
    assert result.problems == []
    assert sum(result.kills.values()) >= ROUNDS


@pytest.mark.timeout(300)
def test_a_spool_and_an_outbox_cut_at_any_byte_deliver_their_whole_lines_once(memory: Path) -> None:
    result = cuts.run(memory, 10, SEED)
    assert result.problems == []
    assert len(result.cuts) == 4


@pytest.mark.timeout(300)
def test_a_sender_that_dies_at_any_line_is_followed_by_one_that_makes_good(memory: Path) -> None:
    result = deaths.run(memory, DEATHS, SEED)
    assert result.problems == []
    assert sum(result.deaths.values()) >= DEATHS * 0.9
