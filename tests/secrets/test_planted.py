"""A part of `python -m tests.secrets`. PAIRLOG_SECRETS_SEED, in a run's header, and _COUNT repeat it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.lsp_server.failing_collector import serving
from tests.secrets import awkward
from tests.secrets.__main__ import MEMORY
from tests.secrets.capture import Capturing
from tests.secrets.planting import KINDS
from tests.secrets.run import SCENARIOS, Result, Scenario, place, play, run

SEED = int(os.environ["PAIRLOG_SECRETS_SEED"])
COUNT = int(os.environ.get("PAIRLOG_SECRETS_COUNT") or 60)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where the system has one."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def collector() -> Iterator[Capturing]:
    with serving(Capturing) as capturing:
        yield capturing


def test_no_planted_secret_can_be_read_in_any_byte_that_leaves(memory: Path) -> None:
    result = run(memory, COUNT, SEED)
    assert result.problems == []
    assert (sum(result.kinds.values()), sum(result.scenarios.values())) == (COUNT, COUNT)


def test_500_secrets_are_of_25_kinds_and_more_planted_in_every_way() -> None:
    planted = {(KINDS[it % len(KINDS)], SCENARIOS[place(it)]) for it in range(500)}
    assert len(planted) == 500
    assert {kind for kind, _ in planted} == set(KINDS)
    assert {scenario for _, scenario in planted} == set(SCENARIOS)
    assert len(KINDS) >= 25


@pytest.mark.parametrize("scenario", awkward.ALL, ids=lambda it: it.__name__)
def test_a_secret_is_seen_where_it_is_hard_to_see(
    scenario: Scenario, memory: Path, collector: Capturing
) -> None:
    assert play(memory / "home", collector, Random(7), "github_token", scenario, Result()) == []
