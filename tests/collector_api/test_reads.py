"""Who read which session is noted before anything of it is given out, and shown to its contributor."""

from __future__ import annotations

import pytest

from collector_api.door.browser import COOKIE
from collector_api.door.reads import Reads
from collector_api.problems import NoStorage
from tests.collector_api.driver import SESSION, Collector, problem, session_lines


def _reads(collector: Collector, token: str) -> list[tuple[str, str, str]]:
    answer = collector.ask(token, "GET", "/v1/contributors/me/reads").json()["reads"]
    return [(row["session"], row["reader"], row["role"]) for row in answer]


def test_others_are_noted_once_a_day_and_the_contributor_is_not(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(use="research"))
    reader = collector.token("reader", "researcher")
    for token in (mine, reader, reader, collector.token("root", "admin")):
        collector.lines(token)
    cookie = {"Cookie": f"{COOKIE}={collector.cookie()}"}
    page = collector.request("GET", f"/sessions/{SESSION}", headers=cookie)
    assert _reads(collector, mine) == [
        (SESSION, "reader", "researcher"),
        (SESSION, "root", "admin"),
        (SESSION, "operator", "admin"),
    ]
    assert "reader <small>researcher" in page.text
    assert _reads(collector, reader) == []


def test_who_runs_the_collector_sees_all_of_them(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(use="research"))
    collector.lines(collector.token("reader", "researcher"))
    root = collector.token("root", "admin")
    (read,) = collector.ask(root, "GET", "/v1/reads").json()["reads"]
    assert (read["session"], read["reader"], read["role"]) == (SESSION, "reader", "researcher")
    assert collector.ask(root, "GET", "/v1/reads", params={"after": read["id"]}).json() == {"reads": []}


def test_who_is_refused_has_read_nothing(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    reader = collector.token("reader", "researcher")
    assert problem(collector.ask(reader, "GET", f"/v1/sessions/{SESSION}/frames")) == (403, "owner")
    assert _reads(collector, mine) == []


def test_what_cannot_be_noted_is_not_given_out(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NoStorage("disk full")

    collector.send(mine, session_lines(use="research"))
    monkeypatch.setattr(Reads, "note", full)
    reader = collector.token("reader", "researcher")
    assert problem(collector.ask(reader, "GET", f"/v1/sessions/{SESSION}/frames")) == (503, "storage")


def test_readings_outlive_the_session(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(use="research"))
    collector.lines(collector.token("reader", "researcher"))
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert _reads(collector, mine) == [(SESSION, "reader", "researcher")]


def test_who_follows_all_readings_misses_none_when_the_last_one_goes(collector: Collector, mine: str) -> None:
    theirs, other = collector.token("theirs"), SESSION.replace("aa", "bb")
    collector.send(theirs, session_lines(use="research"))
    collector.send(mine, session_lines(session=other, use="research"), other)
    reader, root = collector.token("reader", "researcher"), collector.token("root", "admin")
    collector.lines(reader)
    (last,) = collector.ask(root, "GET", "/v1/reads").json()["reads"]
    assert collector.ask(theirs, "DELETE", "/v1/contributors/me").status_code == 204
    collector.lines(reader, other)
    following = collector.ask(root, "GET", "/v1/reads", params={"after": last["id"]}).json()["reads"]
    assert [(row["session"], row["reader"]) for row in following] == [(other, "reader")]
