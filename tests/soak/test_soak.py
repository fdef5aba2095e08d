"""A tenth of `make soak`. The seed is printed; PAIRLOG_SOAK_SEED and PAIRLOG_SOAK_ROUNDS repeat a run."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak import cuts, deaths, kills

SEED = int(os.environ.get("PAIRLOG_SOAK_SEED") or random.SystemRandom().randrange(1_000_000))
DEATHS = 400
ROUNDS = int(os.environ.get("PAIRLOG_SOAK_ROUNDS") or 20)


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    with capsys.disabled():
        print(f" [PAIRLOG_SOAK_SEED={SEED}] ", end="")
    return SEED


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the system has one: a cut is made by us and not by a disk."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.timeout(300)
def test_kill_9_loses_and_doubles_nothing_that_was_handled(tmp_path: Path, seed: int) -> None:
    result = kills.run(tmp_path, ROUNDS, seed)
    assert result.problems == []
    assert sum(result.kills.values()) >= ROUNDS


@pytest.mark.timeout(300)
def test_a_spool_and_an_outbox_cut_at_any_byte_deliver_their_whole_lines_once(
    memory: Path, seed: int
) -> None:
    result = cuts.run(memory, 10, seed)
    assert result.problems == []
    assert len(result.cuts) == 4


@pytest.mark.timeout(300)
def test_a_sender_that_dies_at_any_line_is_followed_by_one_that_makes_good(memory: Path, seed: int) -> None:
    result = deaths.run(memory, DEATHS, seed)
    assert result.problems == []
    assert sum(result.deaths.values()) >= DEATHS * 0.9
