"""What is taken back is worked out beside the writer, and is whole whatever happened meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from collector_api.database.tables import Blob, table_of
from collector_api.erasing import forgetting, redacting
from collector_api.lines.redactions import Window, read_redaction
from collector_api.rows import repacking
from tests.collector_api.driver import SESSION, SMALL, Collector, session_lines
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


def _mask_plan(collector: Collector, session: str) -> object:
    with collector.store.reading() as connection:
        return redacting.plan(connection, session, 1, _REDACTION, SMALL)


def _forget_plan(collector: Collector, session: str) -> object:
    with collector.store.reading() as connection:
        return forgetting.plan(connection, session, 1, _WINDOW)


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
    with collector.store.reading() as connection:
        plan = redacting.plan(connection, SESSION, 1, _REDACTION, SMALL)
    gone = table_of(Blob).delete().where(table_of(Blob).c.sha256 == digest(NEW))
    collector.store.written(lambda connection: connection.execute(gone).rowcount)
    carried_out = collector.store.written(
        lambda connection: redacting.carry_out(connection, SESSION, 1, _REDACTION, plan, SMALL)
    )
    assert carried_out is None
    assert collector.lines(mine) == _lines(SESSION)[:_BEGUN]
    assert status(collector, mine, OLD) == 200
