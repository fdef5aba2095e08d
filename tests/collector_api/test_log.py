"""What a server says of itself: log, counts, readiness. No code, no secret and no address is in any of it."""

from __future__ import annotations

import json
import logging
import re

import pytest

from collector_api.problems import UNANSWERED, NoStorage
from collector_api.server.logs import JsonLines, TextLines
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines

SECRET = "hunter2-in-the-code"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "collector_api")
    return caplog


def _written(log: pytest.LogCaptureFixture) -> list[str]:
    return [form.format(record) for record in log.records for form in (TextLines(), JsonLines())]


def test_a_refusal_leaves_a_line_that_its_request_id_finds(
    collector: Collector, mine: str, log: pytest.LogCaptureFixture
) -> None:
    bad = line(2, "edit", doc=1, changes=SECRET)
    answer = collector.send(mine, [*session_lines()[:2], bad])
    assert problem(answer) == (422, "line")
    ident = answer.headers["x-request-id"]
    assert answer.json()["request"] == ident
    text, as_json = _written(log)
    said = json.loads(as_json)
    assert {name: said[name] for name in ("request", "route", "status", "code", "session")} == {
        "request": ident,
        "route": "/v1/sessions/{session}/frames",
        "status": 422,
        "code": "line",
        "session": SESSION,
    }
    assert f"request={ident}" in text
    assert SECRET not in text + as_json


def test_a_fault_is_logged_by_its_place_without_its_words(
    collector: Collector, mine: str, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("collector_api.rows.sessions.listed", broken)
    answer = collector.ask(mine, "GET", "/v1/sessions")
    assert problem(answer) == (500, "fault")
    written = "".join(_written(log))
    assert SECRET not in written
    assert "builtins.ValueError" in written
    assert "test_log.py" in written


def test_the_key_of_a_one_time_address_and_tokens_are_in_no_line(
    collector: Collector, log: pytest.LogCaptureFixture
) -> None:
    collector.request("GET", f"/enter?key={SECRET}")
    collector.ask(SECRET, "GET", f"/{SECRET}")
    collector.ask(SECRET, "GET", f"/v1/sessions/{SECRET}")
    assert len(_written(log)) == 6
    assert not [said for said in _written(log) if SECRET in said]


@pytest.mark.parametrize(
    ("given", "taken"), [("trace-1", True), ("a\nb", False), ("x" * 65, False), ("a b", False)]
)
def test_an_id_that_is_harmless_is_kept(collector: Collector, given: str, taken: bool) -> None:
    answer = collector.request("GET", "/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is taken


def test_prometheus_reads_what_was_stored_and_refused(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    collector.send(mine, session_lines())
    collector.send(mine, session_lines(edits=200))
    told = collector.request("GET", "/metrics").text
    assert "pairlog_events_total 9.0" in told
    assert "pairlog_lag_seconds_count 1.0" in told
    assert 'pairlog_refusals_total{code="limit",limit="frame_events_max"} 1.0' in told
    assert re.search(
        r'pairlog_request_seconds_count\{method="POST",route="/v1/sessions/\{session\}/frames"', told
    )
    # A verdict on the session may be on its way meanwhile.
    assert "\npairlog_writer_queue " in told
    assert SESSION not in told
    assert "mine" not in told


def test_a_collector_that_writes_is_ready(collector: Collector) -> None:
    assert collector.request("GET", "/readyz").json() == {"status": "ready", "waiting": 0}


def test_why_a_store_cannot_be_used_is_for_the_log() -> None:
    problem = NoStorage(UNANSWERED, "no route to db.example:5432\nwhile reading a line")
    assert problem.reason == "no route to db.example:5432"
    assert "db.example" not in str(problem.body())
