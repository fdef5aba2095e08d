"""Two hundred who watch one session of a real server, with one process and with several."""

from __future__ import annotations

from pathlib import Path

from tests.collector_api.driver import SESSION, session_lines
from tests.support.postgres import Server
from tests.support.processes import Collector
from tests.support.watching import SEEN_S_MAX, last_seen_s

WORKERS = 3


def test_two_hundred_watchers_see_a_line_within_two_seconds(tmp_path: Path) -> None:
    served = Collector(tmp_path / "data")
    try:
        spent = last_seen_s(served, SESSION, session_lines()[:4])
    finally:
        served.stop()
    assert spent <= SEEN_S_MAX


def test_two_hundred_watchers_of_several_workers_see_a_line_within_two_seconds(
    tmp_path: Path, postgres: Server
) -> None:
    served = Collector(tmp_path / "data", database=postgres.empty(), workers=WORKERS)
    try:
        spent = last_seen_s(served, SESSION, session_lines()[:4])
    finally:
        served.stop()
    assert spent <= SEEN_S_MAX
