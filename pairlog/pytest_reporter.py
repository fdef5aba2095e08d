"""What a run of pytest tells a recorder (docs/runs.md): its start, each result, its end.

A run is never held up and never broken: what a recorder does not take at once waits in memory, up to a
limit, and what is above it is counted. Results go out in heaps: one by one they would cost too much.
"""

from __future__ import annotations

import json.encoder
import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pairlog.listening import Listener, connect

#: The end of what a test printed, and of what a failure says: that is where the reason stands.
OUTPUT_CHARS_MAX = 16 * 1024
MESSAGE_CHARS_MAX = 8 * 1024
_NAME_CHARS_MAX = 4 * 1024
_WAITING_BYTES_MAX = 4 * 1024 * 1024
_HEAP_MAX = 100
_HEAP_SECONDS_MAX = 0.2
#: What a recorder that hangs may cost at the end of a run.
_GOODBYE_SECONDS_MAX = 0.2

_quote: Callable[[str], str] = json.encoder.encode_basestring_ascii


class Reporter:
    """The hooks that are registered where a recorder is near."""

    def __init__(self, config: pytest.Config, listeners: Sequence[Listener], begun: float) -> None:
        """`begun`: when the run began, by the monotonic clock."""
        self._pid = os.getpid()
        self._begun = begun
        self._reports: list[Any] = []
        self._sent_at = 0.0
        hello = {
            "folder": str(config.rootpath),
            "command": _command(config),
            "age_ms": _ms_since(begun),
            "report": _junit_file(config),
        }
        self._links = [
            _Link(connection, {"key": listener.key, **hello})
            for listener in listeners
            if (connection := connect(listener)) is not None
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase of a test is over; the passed ones around a test say nothing.

        Others come first: it is pytest's own terminal that has a test fail whose subtests did.
        """
        if report.when == "call" or report.outcome != "passed":
            self._reports.append(report)
            now = time.monotonic()
            if now - self._sent_at > _HEAP_SECONDS_MAX or len(self._reports) >= _HEAP_MAX:
                self._sent_at = now
                self._tell()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file could not be collected, or was skipped as a whole."""
        if report.outcome != "passed":
            self._reports.append(report)
            self._tell()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The run is over, however it came to that."""
        self._tell()
        if os.getpid() == self._pid:
            for link in self._links:
                link.close(int(session.exitstatus), _ms_since(self._begun))

    def _tell(self) -> None:
        reports, self._reports = self._reports, []
        if os.getpid() != self._pid:
            # A copy of this process that a test made: the run is not its own.
            return
        lines = []
        for report in reports:
            try:
                lines.append(_line(_result(report)) if _has_more(report) else _passed(report))
            except Exception:
                # A report of some other plugin's own kind: never a reason to break the run.
                for link in self._links:
                    link.lost += 1
        for link in self._links:
            link.send(lines)


class _Link:
    """The way to one recorder."""

    def __init__(self, connection: socket.socket, hello: dict[str, Any]) -> None:
        #: Results that found no room.
        self.lost = 0
        self._connection: socket.socket | None = connection
        self._waiting = bytearray()
        self.send([_line(hello)])

    def send(self, lines: list[bytes]) -> None:
        """Send these lines, or as much as is taken at once."""
        if self._connection is None:
            return
        for line in lines:
            if len(self._waiting) + len(line) > _WAITING_BYTES_MAX:
                self.lost += 1
            else:
                self._waiting += line
        try:
            sent = self._connection.send(self._waiting)
        except BlockingIOError:
            return
        except OSError:
            self._connection.close()
            self._connection = None
            return
        del self._waiting[:sent]

    def close(self, exit_code: int, duration_ms: int) -> None:
        """Say how the run ended, and let go."""
        if self._connection is None:
            return
        goodbye = _line({"exit_code": exit_code, "duration_ms": duration_ms, "lost": self.lost})
        try:
            self._connection.settimeout(_GOODBYE_SECONDS_MAX)
            self._connection.sendall(bytes(self._waiting) + goodbye)
        except OSError:
            pass
        self._connection.close()
        self._connection = None


def _has_more(report: Any) -> bool:
    return bool(
        report.outcome != "passed"
        or report.sections
        or hasattr(report, "wasxfail")
        or hasattr(report, "context")
    )


def _passed(report: Any) -> bytes:
    """The line of a test that passed and printed nothing: most are, and by hand it takes half the time."""
    path, line, _ = report.location
    return (
        f'{{"test":{_quote(report.nodeid[:_NAME_CHARS_MAX])},"outcome":"passed",'
        f'"duration_ms":{round(report.duration * 1000)},"path":{_quote(path)},'
        f'"line":{"null" if line is None else line}}}\n'
    ).encode()


def _result(report: Any) -> dict[str, Any]:
    """One result, without what it does not have; `line` counts from 0, as in `location`."""
    told: dict[str, Any] = {"test": _name(report)[:_NAME_CHARS_MAX], "outcome": _outcome(report)}
    if hasattr(report, "duration"):
        told["duration_ms"] = round(report.duration * 1000)
    place = getattr(report, "location", None)
    if place is not None:
        told["path"], told["line"] = place[0], place[1]
    if report.outcome != "passed":
        told["message"] = _end_of(_message(report), MESSAGE_CHARS_MAX)
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None:
            told["failed_in"], told["failed_at"] = crash.path, crash.lineno - 1
    if report.sections:
        told["output"] = _end_of("\n".join(text for _, text in report.sections), OUTPUT_CHARS_MAX)
    return told


def _name(report: Any) -> str:
    """The id of a test; of a subtest with its message and values behind, as pytest shows them."""
    context = getattr(report, "context", None)
    if context is None:
        return str(report.nodeid)
    message = [] if context.msg is None else [f"[{context.msg}]"]
    values = ", ".join(f"{name}={value}" for name, value in context.kwargs.items())
    parts = [*message, f"({values})"] if values else message
    return " ".join([report.nodeid, *(parts or ["(<subtest>)"])])


def _outcome(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return "xpassed" if report.outcome == "passed" else "xfailed"
    if report.outcome == "rerun":
        # pytest-rerunfailures: an attempt that failed; the next one is a result of its own.
        return "failed"
    if report.outcome == "failed" and getattr(report, "when", "collect") != "call":
        return "error"
    return str(report.outcome)


def _message(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return str(report.longreprtext)


def _end_of(text: str, chars_max: int) -> str:
    cut = len(text) - chars_max
    return text if cut <= 0 else f"[{cut} characters before this were cut]\n{text[cut:]}"


def _command(config: pytest.Config) -> str:
    """The command line, as a shell would take it; whether through `python -m` or not."""
    is_module = Path(sys.argv[0]).name == "__main__.py"
    begin = ["python", "-m", "pytest"] if is_module else ["pytest"]
    return shlex.join([*begin, *map(str, config.invocation_params.args)])


def _junit_file(config: pytest.Config) -> str | None:
    """The report of the same results that this run writes as well."""
    named = getattr(config.option, "xmlpath", None)
    return str(Path(config.invocation_params.dir, named)) if named else None


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _ms_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
