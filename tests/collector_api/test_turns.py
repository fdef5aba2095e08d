"""Requests that go through whole sessions have turns: one of each token, and few at once."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from collector_api.arriving.turns import Turns
from collector_api.problems import TooFast
from collector_api.rows import verdicts
from collector_api.rows.tokens import find
from tests.collector_api.driver import SESSION, Collector, on_sqlite, problem, session_lines
from tests.collector_api.test_in_flight import while_nobody_reads

EXPORT = "/v1/contributors/me/export"


def test_a_token_has_one_turn_and_all_have_a_few() -> None:
    turns = Turns("forgets_max", 2)
    with turns.taken(1):
        with pytest.raises(TooFast, match="this token"), turns.taken(1):
            pass
        with turns.taken(2), pytest.raises(TooFast, match="`forgets_max`, 2"), turns.taken(3):
            pass
        with turns.taken(3):
            pass
    with turns.taken(1):
        pass


@on_sqlite
def test_who_forgets_while_a_request_to_forget_is_under_way_is_told_to_come_again(
    collector: Collector, mine: str
) -> None:
    collector.send(mine, session_lines())
    other = collector.token("other")
    collector.send(other, session_lines(session=f"{SESSION[:-1]}b"), f"{SESSION[:-1]}b")
    with collector.store.reading() as connection:
        caller = find(connection, mine)
    assert caller is not None
    with collector.app.state.forgetting.taken(caller.token):
        refused = collector.forget(mine, 2, 3)
        assert collector.forget(other, 2, 3, f"{SESSION[:-1]}b").status_code == 200
    assert problem(refused) == (429, "rate")
    assert refused.headers["retry-after"] == "2"
    assert collector.lines(mine) == session_lines()
    assert collector.forget(mine, 2, 3).json() == {"revision": 1, "acked": 8}


@on_sqlite
def test_an_export_is_under_way_until_it_is_read(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    meanwhile = collector.loop.run(while_nobody_reads(collector, mine, EXPORT))
    assert problem(meanwhile) == (429, "rate")
    assert collector.ask(mine, "GET", EXPORT).status_code == 200


@on_sqlite
def test_a_session_that_grows_is_exported_without_a_replay(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    monkeypatch.setattr(verdicts, "judge", lambda connection, session: judged.append(session))
    collector.send(mine, session_lines()[:-1])
    answer = collector.ask(mine, "GET", EXPORT)
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        row = tar.extractfile(f"pairlog-export/{SESSION}/session.json")
        assert row is not None
        found = json.load(row)
    assert (found["session"], found["complete"], found["verified"], judged) == (SESSION, False, None, [])
