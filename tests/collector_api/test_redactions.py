"""A redaction masks what is stored and what is still to come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pairlog.masking import Span, mask
from pairlog.source import open_source
from tests.collector_api.driver import SESSION, Collector, problem, session_lines
from tests.collector_api.secret import (
    SAVES,
    SPANS,
    STARS,
    masked_lines,
    secret_lines,
)


def test_what_is_stored_is_masked_and_still_verifies(
    collector: Collector, mine: str, store_address: str
) -> None:
    collector.send(mine, secret_lines())
    assert collector.row(mine)["verified"] is True
    answer = collector.redact(mine, spans=SPANS, saves=SAVES)
    assert (answer.status_code, answer.json()) == (200, {"revision": 1})
    assert collector.lines(mine) == masked_lines()
    row = collector.row(mine)
    assert (row["revision"], row["verified"], row["acked"], row["complete"]) == (1, True, 5, True)
    with open_source(store_address) as source:
        assert list(source.lines(SESSION)) == masked_lines()
        assert [(found.verified, found.revision) for found in source.sessions()] == [(True, 1)]


def test_a_verdict_from_before_is_not_kept(collector: Collector, mine: str) -> None:
    lines = secret_lines()
    lines[3] = lines[3].replace(b'"sha256":"', b'"sha256":"0')
    lines[1] = lines[1].replace(b"a.py", b"hunter2.py")
    collector.send(mine, lines)
    assert collector.row(mine)["verified"] is False
    assert "hunter2" in _reason_kept(collector)
    collector.redact(mine, spans=[[1, "/path", 0, 7]])
    assert collector.row(mine)["verified"] is False
    assert "hunter2" not in _reason_kept(collector)


def _reason_kept(collector: Collector) -> str:
    # A verdict is written behind the answer that it was found for.
    collector.store.write(lambda connection: None).result()
    with collector.store.reading() as connection:
        reason: str = connection.exec_driver_sql("SELECT reason FROM verdict").scalar_one()
    return reason


@pytest.mark.parametrize("before", range(7))
def test_whenever_it_comes_the_lines_are_the_same(collector: Collector, mine: str, before: int) -> None:
    lines = secret_lines()
    if before:
        assert collector.send(mine, lines[:before]).json() == {"acked": before - 1}
    revision = 1 if before else 0
    assert collector.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": revision}
    assert collector.send(mine, lines[before:] or lines).json() == {"acked": 5}
    assert collector.lines(mine) == masked_lines()
    assert collector.send(mine, lines).json() == {"acked": 5}
    assert collector.send(mine, masked_lines()).json() == {"acked": 5}
    assert collector.lines(mine) == masked_lines()
    assert (collector.row(mine)["revision"], collector.row(mine)["verified"]) == (revision, True)
    counted, kept = collector.bytes_counted()
    assert counted == kept


def test_lines_that_no_redaction_named_still_conflict(collector: Collector, mine: str) -> None:
    lines = secret_lines()
    collector.send(mine, lines[:5])
    collector.redact(mine, spans=SPANS[:1])
    other = [lines[2], lines[3], lines[4].replace(b"key", b"yek"), lines[5]]
    assert (problem(collector.send(mine, other)), collector.row(mine)["acked"]) == ((409, "conflict"), 4)


def test_one_whose_answer_was_lost_can_be_sent_again(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    answers = [collector.redact(mine, spans=SPANS, saves=SAVES).json() for _ in range(3)]
    assert answers == [{"revision": 1}] * 3
    assert collector.redact(mine, id="r2", spans=SPANS).json() == {"revision": 2}
    assert collector.redact(mine, spans=SPANS, saves=SAVES).json() == {"revision": 1}
    assert collector.lines(mine) == masked_lines()
    assert collector.row(mine)["revision"] == 2


def test_several_add_up(collector: Collector, mine: str) -> None:
    lines = secret_lines()
    collector.redact(mine, spans=[[2, "/changes/0/4", 7, 7]])
    collector.send(mine, lines[:3])
    collector.redact(mine, id="r2", spans=[[2, "/changes/0/4", 10, 4], [4, "/output", 5, 7]])
    collector.redact(mine, id="r3", spans=[[4, "/output", 12, 99]])
    collector.send(mine, lines)
    spans = [(2, "/changes/0/4", 7, 7), (2, "/changes/0/4", 10, 4), (4, "/output", 5, 106)]
    expected = mask(lines, [Span(*span) for span in spans], "utf-16")
    assert collector.lines(mine) == list(expected)


def test_readers_of_what_changed_see_it(collector: Collector, mine: str) -> None:
    other = SESSION.replace("aa", "ab")
    collector.send(mine, secret_lines())
    collector.send(mine, secret_lines(other), other)
    cursor = collector.settled(mine)
    collector.redact(mine, spans=SPANS)
    page = collector.ask(mine, "GET", "/v1/sessions", params={"changed_after": cursor}).json()["sessions"]
    assert [(row["session"], row["revision"]) for row in page] == [(SESSION, 1)]


def test_only_frames_that_it_touches_are_packed_again(collector: Collector, mine: str) -> None:
    def frames() -> list[Any]:
        with collector.store.reading() as connection:
            query = "SELECT first_seq, last_seq, events, data FROM frame ORDER BY first_seq"
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    lines = secret_lines()
    for begin in (0, 2, 4):
        collector.send(mine, lines[begin : begin + 2])
    before = frames()
    collector.redact(mine, spans=SPANS[1:])
    after = frames()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False]
    assert [row[:3] for row in before] == [row[:3] for row in after]


def test_a_save_that_is_known_to_fit_nothing_says_so(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    collector.redact(mine, spans=SPANS, saves=[[3, None]])
    assert json.loads(collector.lines(mine)[3])["sha256_of"] == "mismatch"
    assert collector.row(mine)["verified"] is False


def test_places_that_are_not_there_are_passed_over(collector: Collector, mine: str) -> None:
    nowhere = [
        [2, "/changes/9/4", 0, 5],
        [2, "/changes/0/4/7", 0, 5],
        [2, "/changes", 0, 5],
        [2, "/t", 0, 5],
        [2, "", 0, 5],
        [2, "/~1", 0, 5],
        [2, "/changes/0/4", 10_000, 5],
        [2, "/changes/0/4", 0, 0],
        [9_999, "/text", 0, 5],
        [2**53 - 1, "/text", 2**53 - 1, 2**53 - 1],
    ]
    collector.send(mine, secret_lines())
    assert collector.redact(mine, spans=nowhere, saves=[[2, None], [77, None]]).json() == {"revision": 1}
    assert collector.lines(mine) == secret_lines()
    long = [[2, "/changes/0/4", 7, 2**53 - 1]]
    assert collector.redact(mine, id="r2", spans=long).json() == {"revision": 2}
    expected = f'key = "{STARS}*\n'
    assert json.loads(collector.lines(mine)[2])["changes"][0][4] == expected


def test_a_row_says_no_more_than_the_masked_header(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(project="cafe", editor={"name": "jo's vim"}))
    collector.redact(mine, spans=[[0, "/project", 0, 4], [0, "/editor/name", 0, 4]])
    row = collector.row(mine)
    assert (row["project"], row["editor"]) == ("****", "**** vim")
