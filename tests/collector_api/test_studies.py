"""Studies: chance gives a condition, it stays, and sessions that begin then are tagged with it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from pairlog.cli import main
from tests.collector_api.driver import SESSION, Collector, problem, session_lines


def _begin(
    collector: Collector, name: str = "pairs", conditions: tuple[str, ...] = ("with", "without")
) -> Any:
    body = {"study": name, "conditions": list(conditions)}
    return collector.ask(collector.token("root", "admin"), "POST", "/v1/studies", json=body)


def _join(collector: Collector, token: str, name: str = "pairs") -> Any:
    return collector.ask(token, "PUT", f"/v1/studies/{name}/members/me")


def test_a_session_is_tagged_with_its_contributors_condition(collector: Collector, mine: str) -> None:
    assert _begin(collector).status_code == 201
    condition = _join(collector, mine).json()["condition"]
    collector.send(mine, session_lines(study="said", condition="by the recorder"))
    row = collector.row(mine)
    assert (row["study"], row["condition"]) == ("pairs", condition)


def test_without_a_study_the_headers_own_words_stand(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(study="said", condition="a"))
    row = collector.row(mine)
    assert (row["study"], row["condition"]) == ("said", "a")


def test_whoever_is_not_in_a_study_that_is_here_tags_no_session_into_it(
    collector: Collector, mine: str
) -> None:
    _begin(collector)
    collector.send(mine, session_lines(study="pairs", condition="with"))
    row = collector.row(mine)
    assert (row["study"], row["condition"]) == (None, None)


@pytest.mark.parametrize("field", ["study", "condition"])
@pytest.mark.parametrize("said", ["a\0b", "a\nb", "x" * 201])
def test_a_header_with_no_name_for_a_study_is_refused(
    collector: Collector, mine: str, field: str, said: str
) -> None:
    answer = collector.send(mine, session_lines(**{field: said}))
    assert problem(answer) == (422, "line")
    assert f"`{field}` is a name" in answer.json()["reason"]


def test_a_condition_stays_and_conditions_stay_balanced(collector: Collector) -> None:
    _begin(collector)
    tokens = [collector.token(f"p{number}") for number in range(8)]
    first = [_join(collector, token).json()["condition"] for token in tokens]
    assert Counter(first) == {"with": 4, "without": 4}
    for token in tokens:
        assert collector.ask(token, "DELETE", "/v1/studies/pairs/members/me").status_code == 204
    assert [_join(collector, token).json()["condition"] for token in reversed(tokens)] == first[::-1]


def test_who_left_is_tagged_no_more(collector: Collector, mine: str) -> None:
    _begin(collector)
    _join(collector, mine)
    collector.ask(mine, "DELETE", "/v1/studies/pairs/members/me")
    collector.send(mine, session_lines())
    assert collector.row(mine)["study"] is None


def test_one_study_at_a_time_and_none_that_is_unknown(collector: Collector, mine: str) -> None:
    _begin(collector)
    _begin(collector, "other")
    _join(collector, mine)
    assert problem(_join(collector, mine, "other")) == (409, "study")
    assert problem(_join(collector, mine, "nowhere")) == (404, "study")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"study": "s"}',
        b'{"study": "s", "conditions": []}',
        b'{"study": "s", "conditions": ["a", "a"]}',
        b'{"study": "../s", "conditions": ["a"]}',
        b'{"study": "\\ud800", "conditions": ["a"]}',
        b'{"study": "s", "conditions": ["a"], "more": 1}',
    ],
)
def test_what_is_no_study_is_refused(collector: Collector, body: bytes) -> None:
    answer = collector.ask(collector.token("root", "admin"), "POST", "/v1/studies", content=body)
    assert problem(answer) == (422, "request")


def test_the_commands_do_the_same(
    collector: Collector, mine: str, store_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--database-url", store_address]
    assert main(["study", "create", "pairs", "--conditions", "with", *store]) == 0
    assert main(["study", "join", "pairs", "mine", *store]) == 0
    assert capsys.readouterr().out == "with\n"
    assert main(["study", "members", "pairs", "--json", *store]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["contributor"], row["condition"], row["left_at"]) == ("mine", "with", None)
    assert main(["study", "leave", "pairs", "mine", *store]) == 0
    assert main(["study", "list", *store]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["pairs", "with", "0"]
    assert main(["study", "join", "nowhere", "mine", *store]) == 1
    assert "no study nowhere" in capsys.readouterr().err
    collector.send(mine, session_lines())
    assert collector.row(mine, SESSION)["study"] is None
