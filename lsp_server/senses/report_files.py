"""Watches for the reports that test runners write: JUnit's XML, new or changed, anywhere in the workspace.

It looks around in a thread, and the longer a look takes the longer it rests: looking takes a two-thousandth
of a core at most. Reports mostly lie in folders that git ignores; they are a program's output, so git is not
asked about them, and the deny list is.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lsp_server.home.settings import test_reports
from lsp_server.recording.recorder import Recorder
from lsp_server.senses.doubles import Doubles
from lsp_server.senses.junit import REPORT_BYTES_MAX, NoReport, Report, read_report
from lsp_server.senses.report_run import ReportRun
from lsp_server.senses.sense import Act, Deaf, Place, Tell
from pairlog.denied import matcher
from pairlog.errors import UserError

_REST_SECONDS_MIN = 5.0
_REST_PER_LOOK = 2000
_LOOKS_KEPT = 3
_ENTRIES_MAX = 200_000
#: A report that was written to a moment ago may not be whole.
_SETTLED_SECONDS = 0.5
#: Folders of installed packages and of version control: large, and without reports.
_NEVER = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", ".tox", "__pycache__"})


class _Stamp(NamedTuple):
    mtime_ns: int
    size: int


class Pace:
    """How long to rest between looks.

    The cheapest of the last looks counts, once there were enough of them: what else the machine did in one of
    them, as a host that takes the core away for 20 ms, would put the next look off by a minute.
    """

    def __init__(self) -> None:
        self._costs: deque[float] = deque(maxlen=_LOOKS_KEPT)

    def took(self, cost: float) -> None:
        """A look took so many seconds of a core."""
        self._costs.append(cost)

    @property
    def rest(self) -> float:
        """The seconds to rest behind the last look."""
        if len(self._costs) < _LOOKS_KEPT:
            return _REST_SECONDS_MIN
        return max(_REST_SECONDS_MIN, min(self._costs) * _REST_PER_LOOK)


class ReportFiles:
    """The sense. What was written before it starts is old."""

    def __init__(self, doubles: Doubles) -> None:
        """`doubles` knows which reports say what was told already."""
        self._doubles = doubles
        self._stopped = threading.Event()
        self._seen: dict[str, _Stamp] = {}
        self._pace = Pace()
        #: What happened before this sense began, in milliseconds since 1970, is seen already.
        self._told_from_ms = 0

    def start(self, place: Place, tell: Tell) -> None:
        """Look around from now on, unless the user's settings name no reports."""
        try:
            globs = test_reports(place.home)
        except UserError as error:
            print(f"pairlog: {error}", file=sys.stderr)
            return
        if globs:
            self._told_from_ms = place.told_from_ms()
            arguments = (place, tell, matcher(globs))
            threading.Thread(target=self._watch, args=arguments, name="report-files", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _watch(self, place: Place, tell: Tell, wanted: re.Pattern[str]) -> None:
        began = self._told_from_ms * 1_000_000
        self._seen = {path: stamp for path, stamp in self._look(place, wanted) if stamp.mtime_ns < began}
        with suppress(Deaf):
            while not self._stopped.wait(self._pace.rest):
                self._tell_new(self._look(place, wanted), place, tell)

    def _look(self, place: Place, wanted: re.Pattern[str]) -> list[tuple[str, _Stamp]]:
        begun = time.thread_time()
        found = list(self._found(place, wanted))
        self._pace.took(time.thread_time() - begun)
        return found

    def _tell_new(self, found: list[tuple[str, _Stamp]], place: Place, tell: Tell) -> None:
        """Tell of the reports that are new; those of one folder are one run."""
        runs: dict[Path, ReportRun] = {}
        for path, stamp in found:
            file, written = place.root / path, stamp.mtime_ns / 1e9
            if self._seen.get(path) == stamp or 0 <= time.time() - written < _SETTLED_SECONDS:
                continue
            self._seen[path] = stamp
            if self._doubles.has(str(file), written) or self._is_withheld(place, written):
                continue
            try:
                runs.setdefault(file.parent, ReportRun(written)).add(_read(file), written)
            except NoReport as problem:
                self._tell(tell, _missing(str(problem)))
            except OSError:
                # It is gone again.
                continue
        for run in runs.values():
            for act in run.acts() if run.reports else ():
                self._tell(tell, act)

    def _is_withheld(self, place: Place, written: float) -> bool:
        """Whether it is of a pause, or of minutes that were taken back, since this sense began."""
        told_from_ms = place.ask(lambda _documents: place.told_from_ms())
        return told_from_ms > self._told_from_ms and written * 1000 < told_from_ms

    def _tell(self, tell: Tell, act: Act) -> None:
        """Have it done, and wait for that: the client has its turn in between."""
        done = threading.Event()

        def do(recorder: Recorder) -> None:
            done.set()
            act(recorder)

        tell(do)
        while not (done.wait(_REST_SECONDS_MIN) or self._stopped.is_set()):
            continue

    def _found(self, place: Place, wanted: re.Pattern[str]) -> Iterator[tuple[str, _Stamp]]:
        """The reports of the workspace, by their paths in it."""
        left = _ENTRIES_MAX
        for folder, below, files in os.walk(place.root):
            below[:] = sorted(set(below) - _NEVER)
            left -= len(files) + len(below)
            if left < 0:
                return
            for name in files:
                if not name.endswith(".xml"):
                    continue
                path = Path(folder, name).relative_to(place.root).as_posix()
                if not wanted.fullmatch(path) or place.rules.denies(path):
                    continue
                try:
                    # A link may lead anywhere.
                    told = Path(folder, name).lstat()
                except OSError:
                    continue
                if stat.S_ISREG(told.st_mode):
                    yield path, _Stamp(told.st_mtime_ns, told.st_size)


def _read(file: Path) -> Report:
    with file.open("rb") as stream:
        data = stream.read(REPORT_BYTES_MAX + 1)
    if len(data) > REPORT_BYTES_MAX:
        raise NoReport(f"a test report of more than {REPORT_BYTES_MAX} bytes")
    return read_report(data)


def _missing(detail: str) -> Act:
    return lambda recorder: recorder.gap("unsupported", detail)
