"""Reading a session while lines of it are taken back: never a mixture, and never a part that looks whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collector_api.problems import NotOwner, Problem
from collector_api.routes.frames import packed_from
from collector_api.rows import frames, sessions, tokens
from collector_api.rows.tokens import OPERATOR
from tests.collector_api.driver import SESSION, Collector, session_lines
from tests.collector_api.driver import line as session_line


def _erases(collector: Collector, mine: str) -> None:
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")


def _forgets(collector: Collector, mine: str) -> None:
    collector.forget(mine, 3, 5)


def _redacts(collector: Collector, mine: str) -> None:
    collector.redact(mine, spans=[[1, "/path", 0, 1]])


@pytest.fixture
def read_in_pieces(collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch) -> Collector:
    """A collector with a session of nine frames, which are read one by one."""
    monkeypatch.setattr(frames, "_FRAMES_AT_ONCE", 1)
    for line in session_lines():
        collector.send(mine, [line])
    return collector


@pytest.mark.parametrize("take_back", [_erases, _forgets, _redacts])
def test_reading_breaks_off_where_lines_are_taken_back_meanwhile(
    read_in_pieces: Collector, mine: str, take_back: Callable[[Collector, str], None]
) -> None:
    collector = read_in_pieces
    with collector.store.reading() as connection:
        row = sessions.find(connection, SESSION)
        assert row is not None
        packed, following = frames.some_from(connection, SESSION, 0)
    pieces = packed_from(collector.store, row, OPERATOR, packed, following)
    next(pieces)
    take_back(collector, mine)
    with pytest.raises(Problem):
        list(pieces)


def test_reading_breaks_off_where_the_reader_may_read_no_more(read_in_pieces: Collector, mine: str) -> None:
    shared = SESSION.replace("aa", "bb")
    lines = session_lines(session=shared, use="research")[:-1]
    for line in lines:
        read_in_pieces.send(mine, [line], shared)
    reader = read_in_pieces.token("reader", "researcher")
    with read_in_pieces.store.reading() as connection:
        principal = tokens.find(connection, reader)
        row = sessions.find(connection, shared)
        assert row is not None and principal is not None
        packed, following = frames.some_from(connection, shared, 0)
    pieces = packed_from(read_in_pieces.store, row, principal, packed, following)
    next(pieces)
    private = session_line(len(lines), "consent", level="content", use="private", policy="p")
    assert read_in_pieces.send(mine, [private], shared).status_code == 200
    with pytest.raises(NotOwner):
        list(pieces)
