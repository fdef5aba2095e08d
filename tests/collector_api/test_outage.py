"""A PostgreSQL server that goes away in mid-run: 503 until it is back, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pairlog.frame import pack
from tests.collector_api.driver import SESSION, problem, session_lines
from tests.support.postgres import OwnServer, own_server
from tests.support.processes import Collector, wait_for


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server(durable=False) as server:
        yield server


@pytest.fixture
def served(server: OwnServer, tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data", database=server.empty())
    yield served
    served.stop()


def test_it_refuses_with_a_time_to_try_again_and_goes_on_when_the_server_is_back(
    server: OwnServer, served: Collector
) -> None:
    lines = session_lines()
    headers = {"Authorization": f"Bearer {served.token('mine')}"}
    with httpx.Client(base_url=served.address, headers=headers, timeout=30) as client:

        def send(end: int) -> httpx.Response:
            return client.post(f"/v1/sessions/{SESSION}/frames", content=pack(lines[:end]))

        assert send(3).json() == {"acked": 2}
        server.stop()
        for _ in range(3):
            refused = send(5)
            assert problem(refused) == (503, "storage")
            assert int(refused.headers["retry-after"]) > 0
        assert client.get("/static/style.css").status_code == 200
        server.start()
        wait_for("an answer", lambda: True if send(5).status_code == 200 else None)
        assert send(len(lines)).json() == {"acked": len(lines) - 1}
    assert served.verify(SESSION)["verified"] is True
    assert "Traceback" not in served.log()
