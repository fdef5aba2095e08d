"""Two hundred who watch a session: how long the last of them waits for a line, from the moment it is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.row import Row
from tests.collector_api.driver import SESSION, session_lines
from tests.support.postgres import own_server
from tests.support.processes import Collector
from tests.support.watching import SEEN_S_MAX, WATCHERS, last_seen_s

_WORKERS = 3
_EDITS = 20


def rows() -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        for name, database, workers in (
            ("SQLite", None, 1),
            (f"PostgreSQL, {_WORKERS} workers", server.empty(), _WORKERS),
        ):
            served = Collector(Path(folder) / f"data-{workers}", database=database, workers=workers)
            try:
                spent = last_seen_s(served, SESSION, session_lines(_EDITS)[:_EDITS])
            finally:
                served.stop()
            what = f"live: the last of {WATCHERS} watchers has a line, the slowest of {_EDITS - 1}, {name}"
            yield Row(what, spent, "s", SEEN_S_MAX)
