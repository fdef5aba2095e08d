"""The reports that runners wrote in one folder, as one run of the session."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lsp_server.recording.recorder import Recorder
from lsp_server.senses.junit import Report
from lsp_server.senses.sense import Act

#: So many results are written before the client has its turn: a few milliseconds.
_RESULTS_PER_TURN = 100


@dataclass
class ReportRun:
    """`written`: when the first report was, `began`: when the first test must have begun; s since 1970."""

    written: float
    began: float = math.inf
    reports: list[Report] = field(default_factory=list)

    def add(self, report: Report, written: float) -> None:
        """One more report of the same folder."""
        self.reports.append(report)
        self.written = min(self.written, written)
        self.began = min(self.began, written - report.duration_ms / 1000)

    def acts(self) -> Iterator[Act]:
        """What is to be done to a recorder, one after the other."""
        run = f"junit-{secrets.token_hex(6)}"
        results = [result for report in self.reports for result in report.results]
        yield lambda recorder: self._begin(recorder, run)
        for at in range(0, len(results), _RESULTS_PER_TURN):
            yield _writing(run, results[at : at + _RESULTS_PER_TURN])
        yield lambda recorder: self._end(recorder, run)

    @property
    def _duration_ms(self) -> int:
        return sum(report.duration_ms for report in self.reports)

    def _begin(self, recorder: Recorder, run: str) -> None:
        """It saw what was saved when the run that wrote the reports began.

        Where that run is not known: when the tests must have begun, by the time that they took.
        """
        written_ms, began_ms = (_age_ms(moment) for moment in (self.written, self.began))
        writer = recorder.writer(written_ms, began_ms)
        saw = recorder.saw(began_ms) if writer is None else writer.saw
        # Nothing that was saved is an answer, too: what was saved since is none.
        parent = writer and writer.run
        recorder.observe(_run(run, "started", ms_ago=began_ms, parent=parent, saw=saw or {}))

    def _end(self, recorder: Recorder, run: str) -> None:
        left_out = sum(report.left_out for report in self.reports)
        if left_out:
            recorder.gap("not_emitted", "results of a test report above the limit", count=left_out)
        recorder.observe(_run(run, "ended", duration_ms=self._duration_ms or None))


def _age_ms(moment: float) -> int:
    return max(round((time.time() - moment) * 1000), 0)


def _run(run: str, phase: str, **told: Any) -> dict[str, Any]:
    return {"type": "run", "id": run, "phase": phase, "kind": "test", **told, "evidence": "observed"}


def _writing(run: str, results: Sequence[dict[str, Any]]) -> Act:
    def act(recorder: Recorder) -> None:
        within = recorder.documents.folder.within
        named = {within(result["path"]) for result in results if result["path"] is not None}
        # Git is asked about all of them at once.
        recorder.documents.gate.denied([path for path in named if path is not None])
        for result in results:
            recorder.observe({"type": "test", "run": run, **result, "evidence": "observed"})

    return act
