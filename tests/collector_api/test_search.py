"""Sessions are found by what they are, page after page, while others are added."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collector_api.server.app import create_app
from pairlog.cli import main
from pairlog.source import SessionInfo
from pairlog.source.wanted import Wanted
from tests.collector_api.driver import Collector, line, problem, session_lines

ONE = "0193f5a0-1c00-7000-8000-000000000001"
TWO = "0193f5a0-1c00-7000-8000-000000000002"


@pytest.fixture
def two(collector: Collector, mine: str) -> str:
    """A session in Python that verifies, one in Rust with a test and a completion; who reads both."""
    collector.send(mine, session_lines(session=ONE, project="cafe"), ONE)
    editor = {"name": "Visual Studio Code", "version": "1"}
    begun = session_lines(session=TWO, editor=editor, started_at="2026-11-02T09:00:00.000Z", study="s")[:1]
    more = [
        line(1, "open", doc=1, path="a.rs", why="opened", source="disk", language="rust", text=""),
        line(2, "test", run="r", test="t", outcome="passed"),
        line(3, "completion", id="c", phase="shown"),
    ]
    assert collector.send(collector.token("theirs"), [*begun, *more], TWO).status_code == 200
    return collector.token("root", "admin")


def test_a_session_is_found_by_when_it_began_however_that_is_written(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(started_at="20261102T010000+0500"))
    assert [row["started_at"] for row in _found(collector, mine, until="2026-11-02")] == [
        "2026-11-01T20:00:00.000Z"
    ]
    assert _found(collector, mine, since="2026-11-02") == []


def _found(collector: Collector, token: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = collector.ask(token, "GET", "/v1/sessions", params=query).json()["sessions"]
    return rows


@pytest.mark.parametrize(
    ("wanted", "sessions"),
    [
        (Wanted(), [ONE, TWO]),
        (Wanted(project="ca"), [ONE]),
        (Wanted(project="%"), []),
        (Wanted(contributor="theirs"), [TWO]),
        (Wanted(editor="studio"), [TWO]),
        (Wanted(language="python"), [ONE]),
        (Wanted(language="Python"), [ONE]),
        (Wanted(language="pyth"), []),
        (Wanted(since="2026-11-02T00:00:00.000Z"), [TWO]),
        (Wanted(until="2026-11-02T09:00:00.000Z"), [ONE]),
        (Wanted(has_tests=True), [TWO]),
        (Wanted(has_completions=False), [ONE]),
        (Wanted(verified=True), [ONE]),
        (Wanted(study="s", language="rust"), [TWO]),
    ],
    ids=lambda value: str(value.query()) if isinstance(value, Wanted) else "",
)
def test_the_collector_and_the_filter_of_rows_find_the_same(
    collector: Collector, two: str, wanted: Wanted, sessions: list[str]
) -> None:
    collector.settled(two)
    every = [SessionInfo(**row) for row in _found(collector, two)]
    # Their order is that of their last change, which may be a verdict.
    assert sorted(row["session"] for row in _found(collector, two, **wanted.query())) == sessions
    assert sorted(row.session for row in every if wanted.fits(row)) == sessions


def test_the_command_finds_them_in_a_store_and_in_a_collector(
    collector: Collector, two: str, store_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--language", "rust", "--has-tests", "--no-has-completions", "--since", "2026-11-02"]
    store = ["--database-url", store_address, "--json"]
    assert main(["sessions", *words[:3], *words[4:], *store]) == 0
    assert [row["session"] for row in json.loads(capsys.readouterr().out)] == [TWO]
    assert main(["sessions", *words, *store]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_what_is_no_moment_is_named(collector: Collector, mine: str) -> None:
    answer = collector.ask(mine, "GET", "/v1/sessions", params={"since": "yesterday"})
    assert problem(answer) == (422, "request")
    assert "`since`" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/sessions?project=a%00b", (422, "request")),
        ("/?editor=%00", (422, "request")),
        ("/v1/studies/a%00/members", (404, "path")),
    ],
)
def test_an_address_with_a_nul_is_refused_on_any_database(
    collector: Collector, path: str, told: tuple[int, str]
) -> None:
    assert problem(collector.ask(collector.token("root", "admin"), "GET", path)) == told


def test_pages_leave_nothing_out_while_sessions_are_added(collector: Collector, mine: str) -> None:
    collector.app = create_app(collector.store)
    ids = [f"0193f5a0-1c00-7000-8000-0000000000{number:02d}" for number in range(12)]
    for session in ids[:6]:
        collector.send(mine, session_lines(edits=1, session=session)[:2], session)
    seen: list[str] = []
    added = iter(ids[6:])
    after = 0
    while after is not None:
        page = collector.ask(mine, "GET", "/v1/sessions", params={"limit": 2, "changed_after": after}).json()
        seen.extend(row["session"] for row in page["sessions"])
        after = page["next"]
        session = next(added, None)
        if session is not None and after is not None:
            collector.send(mine, session_lines(edits=1, session=session)[:2], session)
    assert seen[:6] == ids[:6]
    assert seen == ids[: len(seen)]
    assert len(seen) > 6
