"""A tenth of what `make soak` does to a collector; see `test_soak` for repeating a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.collector.kills import Result, run
from tests.soak.collector.places import Postgres, Sqlite
from tests.soak.test_soak import SEED
from tests.support.postgres import Server

KILLS = 10


@pytest.mark.timeout(300)
def test_kill_9_of_a_collector_leaves_what_was_acknowledged_once(tmp_path: Path) -> None:
    _check(run(Sqlite(tmp_path), tmp_path, KILLS, SEED))


@pytest.mark.timeout(300)
def test_kill_9_of_one_of_several_workers_leaves_what_was_acknowledged_once(
    tmp_path: Path, postgres: Server
) -> None:
    _check(run(Postgres(tmp_path, postgres.empty()), tmp_path, KILLS, SEED))


def _check(result: Result) -> None:
    assert result.problems == []
    assert result.counts["looks at what was stored"] > 0
    assert result.counts["lines"] > 0
