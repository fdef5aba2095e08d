"""What is taken back is worked out beside the writer, and is whole whatever happened meanwhile."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import httpx
import pytest

from collector_api.database.tables import Blob, table_of
from collector_api.erasing import forgetting, redacting
from collector_api.lines.redactions import Window, read_redaction
from collector_api.rows import repacking
from tests.collector_api.driver import SESSION, SMALL, Collector, problem, session_lines
from tests.collector_api.test_redacted_blobs import NEW, OLD, OTHER, PAIR, digest, opens, status
from tests.collector_api.test_repacking import repack

_EDITS = 30
#: So many lines are here before something is taken back.
_BEGUN = 25
#: A redaction of keys, here and still to come, and of the file's text, and another one; windows.
_MASKED: dict[str, Any] = {
    "id": "r1",
    "spans": [[seq, "/changes/0/4", 0, 1] for seq in (6, 27)],
    "saves": [],
    "blobs": [PAIR],
}
_MASKED_TOO: dict[str, Any] = {"id": "r2", "spans": [[8, "/changes/0/4", 0, 1]], "saves": [], "blobs": []}
_REDACTION = read_redaction(json.dumps(_MASKED).encode(), SMALL)
_WINDOW = Window(7, 9)
_WINDOW_TOO = Window(8, 12)

Step: TypeAlias = Callable[[Collector, str, str], None]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Frames are large from ten lines on, and there is a place for a lake."""
    monkeypatch.setenv("PAIRLOG_LAKE", str(tmp_path / "lake"))
    monkeypatch.setattr(repacking, "PART_LINES_MAX", 10)


def _lines(session: str) -> list[bytes]:
    lines = session_lines(_EDITS, session)
    return [lines[0], opens(OLD, session)[1], *lines[2:]]


def _appends(collector: Collector, mine: str, session: str) -> None:
    assert collector.send(mine, _lines(session), session).status_code == 200


def _redacts(collector: Collector, mine: str, session: str) -> None:
    assert collector.redact(mine, session, **_MASKED_TOO).status_code == 200


def _forgets(collector: Collector, mine: str, session: str) -> None:
    assert collector.forget(mine, _WINDOW_TOO.first, _WINDOW_TOO.through, session).status_code == 200


def _repacks(collector: Collector, mine: str, session: str) -> None:
    repack(collector)


def _exports(collector: Collector, mine: str, session: str) -> None:
    _appends(collector, mine, session)
    assert collector.command("lake", "export") == 0


def _erases(collector: Collector, mine: str, session: str) -> None:
    assert collector.ask(mine, "DELETE", f"/v1/sessions/{session}").status_code == 204


def _masks(collector: Collector, mine: str, session: str) -> None:
    collector.redact(mine, session, **_MASKED)


def _takes_back(collector: Collector, mine: str, session: str) -> None:
    collector.forget(mine, _WINDOW.first, _WINDOW.through, session)


def _mask_plan(collector: Collector, session: str) -> redacting.Plan:
    with collector.store.reading() as connection:
        return redacting.plan(connection, session, 1, _REDACTION, SMALL)


def _forget_plan(collector: Collector, session: str) -> object:
    with collector.store.reading() as connection:
        return forgetting.plan(connection, session, 1, _WINDOW, SMALL)


def _begun(collector: Collector, mine: str, session: str) -> None:
    for content in (OLD, NEW):
        collector.put(mine, content)
    for at in range(0, _BEGUN, 5):
        collector.send(mine, _lines(session)[at : at + 5], session)


def _outcome(collector: Collector, mine: str, session: str) -> list[bytes] | None:
    found = collector.lines_or_none(mine, session)
    return found and [one.replace(session.encode(), b"SESSION") for one in found]


@pytest.mark.parametrize("meanwhile", [_appends, _redacts, _forgets, _repacks, _exports, _erases])
@pytest.mark.parametrize(
    ("module", "taking", "planned"),
    [(redacting, _masks, _mask_plan), (forgetting, _takes_back, _forget_plan)],
    ids=["redaction", "forgetting"],
)
def test_what_happened_meanwhile_holds_and_all_is_taken_back(
    collector: Collector,
    mine: str,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    taking: Step,
    planned: Callable[[Collector, str], object],
    meanwhile: Step,
) -> None:
    _begun(collector, mine, OTHER)
    meanwhile(collector, mine, OTHER)
    taking(collector, mine, OTHER)
    expected = _outcome(collector, mine, OTHER)
    collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")

    _begun(collector, mine, SESSION)
    plans = [planned(collector, SESSION)]
    meanwhile(collector, mine, SESSION)
    plan = module.plan
    monkeypatch.setattr(module, "plan", lambda *about: plans.pop() if plans else plan(*about))
    taking(collector, mine, SESSION)
    assert plans == []
    assert _outcome(collector, mine, SESSION) == expected
    counted, kept = collector.bytes_counted()
    assert counted == kept


def test_a_content_that_went_meanwhile_is_not_named(collector: Collector, mine: str) -> None:
    _begun(collector, mine, SESSION)
    plan = _mask_plan(collector, SESSION)
    gone = table_of(Blob).delete().where(table_of(Blob).c.sha256 == digest(NEW))
    collector.store.written(lambda connection: connection.execute(gone).rowcount)
    carried_out = collector.store.written(
        lambda connection: redacting.carry_out(connection, SESSION, 1, _REDACTION, plan, SMALL)
    )
    assert carried_out is None
    assert collector.lines(mine) == _lines(SESSION)[:_BEGUN]
    assert status(collector, mine, OLD) == 200


@pytest.mark.parametrize("meanwhile", [_repacks, _exports])
def test_a_frame_that_was_packed_anew_by_itself_is_counted_as_it_is(
    collector: Collector, mine: str, meanwhile: Step
) -> None:
    for content in (OLD, NEW):
        collector.put(mine, content)
    body = gzip.compress(b"".join(line + b"\n" for line in _lines(SESSION)), 1)
    assert collector.ask(mine, "POST", f"/v1/sessions/{SESSION}/frames", content=body).status_code == 200
    plan = _mask_plan(collector, SESSION)
    meanwhile(collector, mine, SESSION)
    collector.store.thaw(SESSION)
    collector.store.written(
        lambda connection: redacting.carry_out(connection, SESSION, 1, _REDACTION, plan, SMALL)
    )
    counted, kept = collector.bytes_counted()
    assert counted == kept


def test_a_replacement_that_went_before_any_line_named_it_is_missed(collector: Collector, mine: str) -> None:
    collector.put(mine, NEW)
    collector.send(mine, opens(NEW, OTHER), OTHER)
    collector.send(mine, opens(OLD)[:1])
    plan = _mask_plan(collector, SESSION)
    assert collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}").status_code == 204
    carried_out = collector.store.written(
        lambda connection: redacting.carry_out(connection, SESSION, 1, _REDACTION, plan, SMALL)
    )
    assert carried_out is None
    assert problem(collector.redact(mine, **_MASKED)) == (422, "blob")


@pytest.mark.parametrize(
    "take",
    [
        lambda it, mine: it.redact(mine, id="r4", spans=[[8, "/path", 0, 1]]),
        lambda it, mine: it.forget(mine, 7, 9),
    ],
    ids=["redaction", "forgetting"],
)
def test_what_is_refused_for_want_of_room_brings_nothing_back_from_a_lake(
    collector: Collector, mine: str, take: Callable[[Collector, str], httpx.Response]
) -> None:
    lines = session_lines(_EDITS)
    collector.send(mine, lines)
    many = [[6, "/changes/0/4", 0, 1]] * 20
    for number in (1, 2):
        collector.redact(mine, id=f"r{number}", spans=many)
    collector.redact(mine, id="r3", spans=many[:10])
    assert collector.command("lake", "export") == 0
    assert problem(take(collector, mine)) == (413, "limit")
    with collector.store.reading() as connection:
        question = "SELECT lake_file_id IS NOT NULL FROM session"
        assert connection.exec_driver_sql(question).scalar_one()
