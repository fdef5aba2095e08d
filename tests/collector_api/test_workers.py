"""Several processes on one PostgreSQL store: they answer as one, and are replaced where they die."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import httpx
import psycopg
import pytest

from collector_api.server import serving
from pairlog.frame import pack
from tests.collector_api.driver import SESSION, session_lines
from tests.support.postgres import Server
from tests.support.processes import Collector, children, is_alive, wait_for


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    """A database with nothing in it: the collector makes its tables."""
    address = postgres.empty()
    yield address
    postgres.drop(address)


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data", database=database, workers=2)
    yield served
    served.stop()


def _ask(served: Collector, token: str, method: str, path: str, **rest: object) -> httpx.Response:
    """One request on a connection of its own, which any of the workers may take."""
    headers = {"Authorization": f"Bearer {token}"}
    # One that has just been replaced takes a while to begin.
    return httpx.request(method, f"{served.address}{path}", headers=headers, timeout=30, **rest)  # type: ignore[arg-type]


def test_whichever_worker_takes_a_frame_the_session_is_one(served: Collector) -> None:
    mine, lines = served.token("mine"), session_lines(edits=20)
    for seq, line in enumerate(lines):
        answer = _ask(served, mine, "POST", f"/v1/sessions/{SESSION}/frames", content=pack([line]))
        assert answer.json() == {"acked": seq}
    assert served.verify(SESSION)["verified"] is True
    assert served.log() == ""


def test_a_cookie_is_known_to_all_workers_and_its_key_good_once(served: Collector) -> None:
    address = served.browser_address()
    with httpx.Client(headers={"Accept": "text/html"}) as first:
        assert first.get(address).status_code == 200
        cookies = dict(first.cookies)
    for _ in range(8):
        with httpx.Client(headers={"Accept": "text/html"}, cookies=cookies) as any_worker:
            assert any_worker.get(served.address).status_code == 200
            assert any_worker.get(address).status_code == 403


def test_a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(served: Collector) -> None:
    mine, lines = served.token("mine"), session_lines(edits=20)
    before = children(served.pid)
    assert len(before) == 2
    path = f"/v1/sessions/{SESSION}/frames"
    assert _ask(served, mine, "POST", path, content=pack(lines[:10])).json() == {"acked": 9}
    for worker in before:
        os.kill(worker, signal.SIGKILL)

    def replaced() -> set[int] | None:
        now = children(served.pid)
        return now if len(now) == 2 and not now & before else None

    wait_for("two other workers", replaced)
    assert _ask(served, mine, "POST", path, content=pack(lines)).json() == {"acked": len(lines) - 1}
    assert served.verify(SESSION)["verified"] is True


def test_whichever_worker_is_asked_counts_what_all_of_them_did(served: Collector) -> None:
    mine, lines = served.token("mine"), session_lines(edits=20)
    for line in lines:
        _ask(served, mine, "POST", f"/v1/sessions/{SESSION}/frames", content=pack([line]))
    assert {_counted(served) for _ in range(8)} == {len(lines)}
    before = children(served.pid)
    os.kill(min(before), signal.SIGKILL)
    wait_for("another worker", lambda: True if len(children(served.pid) - before) == 1 else None)
    assert {_counted(served) for _ in range(8)} == {len(lines)}


def _counted(served: Collector) -> float:
    """The events that became durable, as one of the workers tells it."""
    told = httpx.get(f"{served.address}/metrics").text
    return float(told.partition("\npairlog_events_total ")[2].partition("\n")[0])


def test_workers_end_with_the_process_that_started_them(served: Collector) -> None:
    workers = children(served.pid)
    served.kill()
    wait_for("the end of the workers", lambda: None if any(map(is_alive, workers)) else True)


def test_a_worker_that_starts_after_the_death_of_that_process_does_not_mind() -> None:
    parent, worker = Pipe()
    parent.close()
    serving._say_ready(worker)
    assert worker.poll()


def test_they_stop_at_once_when_they_are_told_to(served: Collector) -> None:
    workers = children(served.pid)
    os.kill(served.pid, signal.SIGTERM)
    assert served.wait() == 0
    assert not any(map(is_alive, workers))
    assert served.log() == ""


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"pairlog: cannot use postgresql://127.0.0.1:1/x: .*\n'?$"):
        Collector(tmp_path / "data", database="postgresql://127.0.0.1:1/x", workers=2)


def test_old_sessions_go_whichever_worker_looks_after_the_store(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Collector(tmp_path / "data", database=database, workers=2)
    mine = served.token("mine")
    _ask(served, mine, "POST", f"/v1/sessions/{SESSION}/frames", content=pack(session_lines()))
    served.stop()
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE session SET arrived_s = arrived_s - 100")
    monkeypatch.setenv("PAIRLOG_RETENTION_DAYS", "0.001")
    served = Collector(tmp_path / "data", database=database, workers=2)
    wait_for("the end of its retention", lambda: True if served.sessions() == [] else None)
    assert served.log() == ""
    assert _ask(served, mine, "GET", f"/v1/sessions/{SESSION}").status_code == 410
    served.stop()
