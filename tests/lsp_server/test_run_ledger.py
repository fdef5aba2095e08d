"""Which run wrote a report, and what the tests in it saw."""

from __future__ import annotations

from typing import Any

import pytest

from lsp_server.recording.run_ledger import RunLedger, Writer
from lsp_server.recording.saved_texts import SavedTexts
from lsp_server.senses.junit import Report
from lsp_server.senses.report_run import ReportRun

MINUTE = 60_000


def _begun(ledger: RunLedger, t: int, name: str = "terminal-1", **fields: Any) -> dict[str, Any]:
    run = {"id": name, "phase": "started", "kind": "terminal", "command": "npm run dev", **fields}
    ledger.hear(t, run)
    return run


@pytest.mark.parametrize(
    ("began", "writer"),
    [(MINUTE, Writer("terminal-1", {"1": 3})), (60 * MINUTE, None)],
    ids=["a build that takes a minute", "a watcher that is open for an hour"],
)
def test_a_report_is_of_the_run_that_is_open_unless_it_has_been_for_long(
    began: int, writer: Writer | None
) -> None:
    saved = SavedTexts()
    saved.note(0, 1, 3)
    ledger = RunLedger(saved)
    _begun(ledger, 1)
    saved.note(2, 1, 6)
    assert ledger.writer(began + 500, began) == writer


def test_a_run_that_is_said_to_have_seen_nothing_is_given_no_texts() -> None:
    saved = SavedTexts()
    saved.note(0, 1, 3)
    ledger = RunLedger(saved)
    assert _begun(ledger, 5, saw={})["saw"] == {}
    assert _begun(ledger, 5, "terminal-2")["saw"] == {"1": 3}


def test_tests_of_several_reports_began_with_the_first_of_them() -> None:
    run = ReportRun(1_003.0)
    for written in (1_005.0, 1_003.0, 1_007.0):
        run.add(Report(duration_ms=2_000), written)
    assert (run.written, run.began) == (1_003.0, 1_001.0)
