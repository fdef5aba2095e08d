"""Which windows are refused, and by what name."""

from __future__ import annotations

import pytest

from tests.collector_api.driver import SESSION, Collector, problem
from tests.collector_api.word import FIRST, LAST, word_lines

BAD = {
    "no object": (b"[]", "$: "),
    "no end": (b'{"from": 1}', "`through`"),
    "a seq that is text": (b'{"from": "1", "through": 2}', "$.from: "),
    "a seq before all": (b'{"from": -1, "through": 2}', "$.from: "),
    "an end before the begin": (b'{"from": 3, "through": 2}', "$.through: "),
    "the header alone": (b'{"from": 0, "through": 0}', "$.through: "),
    "a field that is not known": (b'{"from": 1, "through": 2, "to": 3}', "`to`"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_and_named(collector: Collector, mine: str, what: str) -> None:
    body, named = BAD[what]
    answer = collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/forget", content=body)
    assert problem(answer) == (422, "request")
    assert named in answer.json()["detail"]


def test_nobody_elses_session_is_forgotten(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    assert problem(collector.forget(collector.token("theirs"), 1, 9)) == (403, "owner")
    assert problem(collector.forget(collector.token("root", "admin"), 1, 9)) == (403, "owner")
    assert problem(collector.forget(collector.token("reader", "researcher"), 1, 9)) == (403, "role")
    assert collector.lines(mine) == word_lines()


def test_an_erased_session_answers_410(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert problem(collector.forget(mine, FIRST, LAST)) == (410, "erased")


def test_so_many_windows_are_kept_of_a_session(collector: Collector, mine: str) -> None:
    for seq in range(1, 51):
        assert collector.forget(mine, seq, seq).status_code == 200
    answer = collector.forget(mine, 60, 60)
    assert (problem(answer), answer.json()["limit"]) == ((413, "limit"), "session_spans_max")
