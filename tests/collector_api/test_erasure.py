"""Erased is gone: from the answers, the rows, the blobs and the bytes of the files."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from collector_api.commands import cli
from collector_api.database.database import database_at
from collector_api.erasing import leftovers
from collector_api.server.upkeep import Upkeep
from tests.collector_api.driver import SESSION, Collector, line, on_sqlite, problem, session_lines
from tests.support.postgres import Server

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"
SHARED, OWN = b"a blob of both sessions", b"a blob of one session"


def _opens(session: str, *contents: bytes) -> list[bytes]:
    lines = session_lines(session=session)[:1]
    for seq, content in enumerate(contents, 1):
        digest = sha256(content).hexdigest()
        lines.append(line(seq, "open", doc=seq, path="a", why="opened", source="disk", blob=digest))
    return lines


@pytest.fixture
def two_sessions(collector: Collector, mine: str) -> Collector:
    for content in (SHARED, OWN):
        collector.put(mine, content)
    collector.send(mine, _opens(SESSION, SHARED, OWN))
    collector.send(mine, _opens(OTHER, SHARED), OTHER)
    return collector


@on_sqlite
def test_no_table_is_searched_from_end_to_end_for_what_goes(two_sessions: Collector, mine: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    two_sessions.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    event.remove(Engine, "before_cursor_execute", note)
    questions = [it for it in asked if it[0].startswith(("SELECT", "UPDATE", "DELETE"))]
    with two_sessions.store.reading() as connection:
        plans = [
            plan.detail
            for statement, values in questions
            for plan in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
        # What refers to a content is looked for as it is deleted.
        (named,) = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT 1 FROM named WHERE contributor_id = 1 AND sha256 = 'x'"
        )
    assert len(plans) > 10
    # Of files of a lake there are few.
    scans = {plan for plan in [*plans, named.detail] if plan.startswith("SCAN")}
    assert scans <= {"SCAN lake_file"}


def test_an_erased_session_answers_410_for_ever(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    assert collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}").status_code == 204
    for method, path in (("GET", ""), ("GET", "/frames"), ("DELETE", "")):
        assert problem(collector.ask(mine, method, f"/v1/sessions/{SESSION}{path}")) == (410, "erased")
    assert problem(collector.send(mine, session_lines())) == (410, "erased")
    assert collector.ask(mine, "GET", "/v1/sessions").json()["sessions"] == []


def test_a_tombstone_stays(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    (stone,) = collector.ask(mine, "GET", "/v1/tombstones").json()["tombstones"]
    assert (stone["session"], stone["from"], stone["through"]) == (SESSION, None, None)
    assert (stone["id"], stone["session"]) == (1, SESSION)
    assert collector.ask(mine, "GET", "/v1/tombstones", params={"after": 1}).json() == {"tombstones": []}
    stranger, researcher = collector.token("theirs"), collector.token("reader", "researcher")
    assert collector.ask(stranger, "GET", "/v1/tombstones").json() == {"tombstones": []}
    assert collector.ask(researcher, "GET", "/v1/tombstones").json() == {"tombstones": [stone]}


def test_only_blobs_that_nothing_else_names_go_too(two_sessions: Collector, mine: str) -> None:
    two_sessions.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    status = {
        content: two_sessions.ask(mine, "GET", f"/v1/blobs/{sha256(content).hexdigest()}").status_code
        for content in (SHARED, OWN)
    }
    assert status == {SHARED: 200, OWN: 404}


def test_room_that_was_taken_is_given_back(two_sessions: Collector, mine: str) -> None:
    for session in (SESSION, OTHER):
        two_sessions.ask(mine, "DELETE", f"/v1/sessions/{session}")
    with two_sessions.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT bytes FROM contributor").scalars().all() == [0]


def test_no_byte_of_an_erased_session_is_left_in_the_files(two_sessions: Collector, mine: str) -> None:
    assert two_sessions.holds(OWN)
    two_sessions.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert not two_sessions.holds(OWN)
    assert two_sessions.holds(SHARED)


def test_readers_of_what_changed_miss_nothing_behind_an_erasure(collector: Collector, mine: str) -> None:
    for session in (SESSION, OTHER):
        collector.send(mine, session_lines(session=session), session)
    with collector.store.reading() as connection:
        cursor = connection.exec_driver_sql("SELECT max(changed) FROM session").scalar_one()
    collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    collector.redact(mine, spans=[[2, "/changes/0/4", 0, 1]])
    (row,) = collector.ask(mine, "GET", "/v1/sessions", params={"changed_after": cursor}).json()["sessions"]
    assert (row["session"], row["revision"]) == (SESSION, 1)


def test_a_content_that_no_line_names_goes_after_a_day(collector: Collector, mine: str) -> None:
    collector.put(mine, SHARED)
    collector.put(mine, OWN)
    collector.send(mine, _opens(SESSION, SHARED))
    collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    moment = datetime.now(timezone.utc)
    assert leftovers.drop(collector.store, moment + timedelta(hours=23)) == 0
    assert leftovers.drop(collector.store, moment + timedelta(hours=25)) == 1
    assert collector.ask(mine, "GET", f"/v1/blobs/{sha256(OWN).hexdigest()}").status_code == 404
    assert collector.ask(mine, "GET", f"/v1/blobs/{sha256(SHARED).hexdigest()}").status_code == 200
    counted, kept = collector.bytes_counted()
    assert counted == kept
    collector.store.scrub_log()
    assert collector.store.scrubbed(10)
    assert not collector.holds(OWN)


def test_a_content_that_is_to_take_the_place_of_another_one_stays(collector: Collector, mine: str) -> None:
    collector.put(mine, OWN)
    old, new = (sha256(content).hexdigest() for content in (SHARED, OWN))
    assert collector.redact(mine, blobs=[[old, new]]).status_code == 200
    assert leftovers.drop(collector.store, datetime.now(timezone.utc) + timedelta(days=9)) == 0


@on_sqlite
def test_a_command_that_cannot_take_the_bytes_out_says_so(
    two_sessions: Collector, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_SCRUB_MS_MAX", 50)
    with two_sessions.store.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM session").scalar_one()
        assert two_sessions.command("erase", SESSION) == 1
    error = capsys.readouterr().err
    assert f"erased {SESSION}; what was deleted still stands in the files of" in error
    assert two_sessions.holds(OWN)
    Upkeep(two_sessions.store).once()
    assert not two_sessions.holds(OWN)


def test_postgresql_takes_what_was_deleted_out_of_every_table(postgres: Server) -> None:
    address = postgres.store()
    assert database_at(address).scrub(1_000)
    left = "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NULL"
    with psycopg.connect(address) as connection:
        assert connection.execute(left).fetchall() == []
    postgres.drop(address)
