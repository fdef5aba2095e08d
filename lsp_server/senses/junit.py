"""JUnit's XML, as the runners of many languages write it; pure.

There is no standard: what is read here is what Maven's surefire, Gradle, jest-junit, vitest, go-junit-report,
cargo nextest and pytest have in common. A report is a stranger's file: one with a document type is refused,
because entities can grow without bounds and name other files, and so is one that is too large.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

REPORT_BYTES_MAX = 16 * 1024 * 1024
RESULTS_MAX = 20_000
_OUTPUT_CHARS_MAX = 16 * 1024
_MESSAGE_CHARS_MAX = 8 * 1024
_NAME_CHARS_MAX = 4 * 1024
_DURATION_MS_MAX = 2**31
#: What stands in a test case and says how it ended; the first that is there decides.
_OUTCOMES = {"error": "error", "failure": "failed", "skipped": "skipped"}
_OUTPUTS = ("system-out", "system-err")


class NoReport(ValueError):
    """The file is no report, or none that is taken; the message says why, and nothing of what is in it."""


@dataclass
class Report:
    """The fields of each result, as an observation has them, and how long all of it took."""

    results: list[dict[str, Any]] = field(default_factory=list)
    duration_ms: int = 0
    #: Results above the limit.
    left_out: int = 0


def read_report(data: bytes) -> Report:
    """What a report says. Raises NoReport."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reading.starts
    parser.EndElementHandler = reading.ends
    parser.CharacterDataHandler = reading.says
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise error if isinstance(error, NoReport) else NoReport("a test report that is no XML") from None
    return reading.finish()


def _refuse(*_arguments: object) -> None:
    raise NoReport("a test report with a document type")


class _Reading:
    """Follows the elements of one report."""

    def __init__(self) -> None:
        self.report = Report()
        self._path: list[str] = []
        self._suites: list[dict[str, str]] = []
        self._case: dict[str, str] | None = None
        self._found: dict[str, tuple[dict[str, str], str]] = {}
        self._inside: tuple[str, dict[str, str]] | None = None
        self._said: list[str] = []
        #: The sum of the times told at each depth.
        self._took: Counter[int] = Counter()

    def finish(self) -> Report:
        """All that was read; the time is that of the outermost elements which tell one."""
        self.report.duration_ms = next((took for _, took in sorted(self._took.items()) if took), 0)
        return self.report

    def starts(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if not self._path and name not in ("testsuites", "testsuite"):
            raise NoReport("an XML file that is no test report")
        self._path.append(name)
        if name == "testsuite":
            self._suites.append(attributes)
        elif name == "testcase":
            self._case, self._found = attributes, {}
        elif self._case is not None and self._path[-2] == "testcase":
            self._inside, self._said = (name, attributes), []
        self._took[len(self._path)] += _milliseconds(attributes.get("time")) or 0

    def ends(self, name: str) -> None:
        """An element ends."""
        self._path.pop()
        if name == "testsuite":
            self._suites.pop()
        elif name == "testcase" and self._case is not None:
            self._take(self._case)
            self._case = None
        elif self._inside is not None and self._path[-1:] == ["testcase"]:
            kind, attributes = self._inside
            self._found.setdefault(kind, (attributes, "".join(self._said)))
            self._inside = None

    def says(self, text: str) -> None:
        """Text stands between."""
        if self._inside is not None:
            self._said.append(text)

    def _take(self, case: dict[str, str]) -> None:
        if len(self.report.results) >= RESULTS_MAX:
            self.report.left_out += 1
            return
        suite = self._suites[-1] if self._suites else {}
        file = case.get("file") or suite.get("file") or suite.get("filepath")
        result: dict[str, Any] = {
            "test": name_of(case, file)[:_NAME_CHARS_MAX],
            "outcome": "passed",
            "duration_ms": _milliseconds(case.get("time")),
            "path": file,
            "line": _line(case.get("line"), suite.get("name") == "pytest"),
            "output": _end_of("".join(self._found[it][1] for it in _OUTPUTS if it in self._found)),
        }
        for kind, outcome in _OUTCOMES.items():
            if kind in self._found:
                attributes, text = self._found[kind]
                expected = attributes.get("type") == "pytest.xfail"
                result["outcome"] = "xfailed" if expected else outcome
                result["message"] = _end_of(text.strip() or attributes.get("message", ""), _MESSAGE_CHARS_MAX)
                break
        self.report.results.append(result)


def name_of(case: dict[str, str], file: str | None) -> str:
    """The name of a test: pytest's own id where its parts are there, else its class and its name."""
    name, classname = case.get("name", ""), case.get("classname", "")
    module = (file or "").removesuffix(".py").replace("/", ".").replace("\\", ".")
    if file and file.endswith(".py") and (classname == module or classname.startswith(module + ".")):
        classes = classname[len(module) :].lstrip(".")
        return "::".join([file, *(classes.split(".") if classes else []), name])
    return f"{classname}::{name}" if classname else name


def _milliseconds(seconds: str | None) -> int | None:
    """A time as runners write it, `1,234.5` included."""
    try:
        value = float((seconds or "").replace(",", "")) * 1000
    except ValueError:
        return None
    return round(value) if math.isfinite(value) and 0 <= value < _DURATION_MS_MAX else None


def _line(told: str | None, counts_from_zero: bool) -> int | None:
    """A line as events have it; all but pytest count from 1."""
    if told is None or not told.isdecimal() or len(told) > 9:
        return None
    return max(int(told) - (not counts_from_zero), 0)


def _end_of(text: str, chars_max: int = _OUTPUT_CHARS_MAX) -> str | None:
    cut = len(text) - chars_max
    return (text or None) if cut <= 0 else f"[{cut} characters before this were cut]\n{text[cut:]}"
