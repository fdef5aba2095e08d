"""Runs: the events of each program that was run, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pairlog.events import Event, Run, Test

#: Outcomes of a test that count as passed, and as failed; a skipped test is neither.
PASSED = frozenset({"passed", "xfailed"})
FAILED = frozenset({"failed", "error", "xpassed"})


@dataclass
class RunRecord:
    """One run. `seq_last` is the last line that belongs to it; `ended` is False where its end is missing.

    `tests` holds the results in their order. `saw` maps each document that had been written to the seq of the
    text on disk; a line behind the start has another one where a change was told late. None: nothing is said.
    """

    id: str
    seq_started: int
    seq_last: int
    kind: str | None = None
    command: str | None = None
    saw: dict[int, int] | None = None
    tests: list[Test] = field(default_factory=list)
    exit_code: int | None = None
    parent: str | None = None
    duration_ms: int | None = None
    evidence: str | None = None
    ended: bool = False

    def saw_through(self, doc: int | None) -> int:
        """The seq of the last line of a document that it can have seen; -1 where that is none."""
        return self.seq_started if self.saw is None or doc is None else self.saw.get(doc, -1)

    def passed(self) -> list[str]:
        """The ids of the tests that passed, each once, in their order."""
        return [test for test, outcome in self._last().items() if outcome in PASSED]

    def failed(self) -> list[str]:
        """The ids of the tests that failed, each once, in their order."""
        return [test for test, outcome in self._last().items() if outcome in FAILED]

    def _last(self) -> dict[str, str]:
        """The last outcome of each test: of several attempts, or of a test and what came after it."""
        return {test.test: test.outcome for test in self.tests}


def runs(events: Iterable[Event]) -> list[RunRecord]:
    """The runs of a session, in the order in which they started. Tests of a run never seen start one."""
    records: dict[str, RunRecord] = {}
    for event in events:
        if not isinstance(event, (Run, Test)):
            continue
        name = event.id if isinstance(event, Run) else event.run
        record = records.setdefault(name, RunRecord(name, event.seq, event.seq))
        record.seq_last = event.seq
        if isinstance(event, Run) and event.saw is not None:
            record.saw = {int(doc): seq for doc, seq in event.saw.items() if doc.isdecimal()}
        if isinstance(event, Run) and event.parent is not None:
            record.parent = event.parent
        if isinstance(event, Test):
            record.tests.append(event)
        elif event.phase == "started":
            record.kind, record.command, record.evidence = event.kind, event.command, event.evidence
        elif event.phase == "ended":
            record.ended, record.exit_code, record.duration_ms = True, event.exit_code, event.duration_ms
    return list(records.values())
