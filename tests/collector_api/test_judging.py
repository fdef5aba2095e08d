"""A verdict that was lost with the process that had to find it is found later, and is news."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete

from collector_api.database.tables import VerdictRow
from collector_api.server.upkeep import Upkeep
from tests.collector_api.driver import SESSION, Collector, session_lines


def _found(collector: Collector, token: str, **asked: Any) -> list[str]:
    answer = collector.ask(token, "GET", "/v1/sessions", params=asked).json()
    return [row["session"] for row in answer["sessions"]]


def _lose_verdicts(connection: Connection) -> None:
    connection.execute(delete(VerdictRow))


def test_a_complete_session_without_a_verdict_is_judged_by_itself(collector: Collector, mine: str) -> None:
    unfinished = SESSION.replace("aa", "ab")
    collector.send(mine, session_lines())
    collector.send(mine, session_lines(session=unfinished)[:-1], unfinished)
    # The thread that judges has nothing left to do, so that none comes in between.
    collector.row(mine)
    collector.store.written(_lose_verdicts)
    Upkeep(collector.store).once()
    assert _found(collector, mine, verified=True) == [SESSION]


def test_a_verdict_shows_a_session_to_whoever_follows_what_changes(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    collector.row(mine)
    with collector.store.reading() as connection:
        before = connection.exec_driver_sql("SELECT max(changed) FROM session").scalar_one()
    collector.store.written(_lose_verdicts)
    Upkeep(collector.store).once()
    assert _found(collector, mine, verified=True, changed_after=before) == [SESSION]
