"""The sender dies at any line of its own code, and another one takes over.

kill -9 at a random moment hardly ever meets the microseconds between two calls. Here a sender in this process
is ended by an exception that nothing catches, after so many lines of `lsp_server`. A sample of the lines that
it takes to deliver a session is tried, drawn by chance; all of them where the sample is as large.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, get_args
from unittest.mock import patch

import lsp_server
from pairlog.home import Home
from tests.soak.inside import InsideCollector
from tests.soak.rig import Ending, Left, Rig, record

_OURS = str(Path(lsp_server.__file__).parent) + os.sep


@dataclass
class Result:
    """What a run did and found; it held where `problems` is empty."""

    deaths: Counter[str] = field(default_factory=Counter)
    #: At how many lines it could have died.
    lines: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Death(BaseException):
    """The end of a sender; no handler is for it."""


class Reaper:
    """Ends what runs inside it after so many lines of the sender's code; `where` it was, None: nowhere.

    `passed` is how many lines there were until then.

    Then it closes the files that a process would have lost with its life, and its locks with them.
    """

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self.passed = 0
        self._files: set[int] = set()
        self._patches = [
            patch("os.open", self._open),
            patch("os.close", self._close),
            patch("os.fdopen", self._hand_over),
        ]
        self.where: str | None = None

    def __enter__(self) -> Reaper:
        self._open_for_real, self._close_for_real = os.open, os.close
        self._hand_over_for_real = os.fdopen
        for replaced in self._patches:
            replaced.start()
        sys.settrace(self._trace)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> bool:
        sys.settrace(None)
        for replaced in self._patches:
            replaced.stop()
        for descriptor in self._files:
            os.close(descriptor)
        return kind is Death

    def _open(self, *arguments: Any) -> int:
        descriptor = self._open_for_real(*arguments)
        self._files.add(descriptor)
        return descriptor

    def _close(self, descriptor: int) -> None:
        self._files.discard(descriptor)
        self._close_for_real(descriptor)

    def _hand_over(self, descriptor: int, *arguments: Any, **options: Any) -> Any:
        # A file object closes what it has.
        self._files.discard(descriptor)
        return self._hand_over_for_real(descriptor, *arguments, **options)

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        if event == "line":
            self.passed += 1
            if self.passed > self._lines and self.where is None:
                self.where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise Death
        return self._trace


def run(folder: Path, deaths: int, seed: int, tell: Callable[[str], None] = print) -> Result:
    """Die so many times below `folder`; the seed decides what is recorded and at which lines."""
    chance = Random(seed)
    result = Result()
    begun = time.monotonic()
    recordings = {ending: record(folder, ending, chance) for ending in get_args(Ending)}
    collector = InsideCollector(folder / "data")
    try:
        with patch("os.fsync"):
            rig = Rig(Home(folder / "home-left"), collector, chance)
            rig.clear(recordings["left"].session)
            for ending, recording in recordings.items():
                name = f"recorder {ending}"
                # A recorder that was killed may have torn its last line.
                left = Left(recording.spool + (b'{"seq":99,"t":' if ending == "killed" else b""))
                session, _ = rig.fill(left, recording.session)
                with Reaper(sys.maxsize) as reaper:
                    rig.deliver(rig.sender(), session)
                result.lines[name] = reaper.passed
                sample = chance.sample(range(reaper.passed), min(deaths // len(recordings), reaper.passed))
                for lines in sample:
                    session, expected = rig.fill(left, recording.session)
                    with Reaper(lines) as reaper:
                        rig.deliver(rig.sender(), session)
                    if reaper.where is not None:
                        result.deaths[name] += 1
                    if chance.random() < 0.5:
                        with Reaper(chance.randrange(1 + lines)):
                            rig.deliver(rig.sender(), session)
                    trouble = rig.deliver(rig.sender(), session)
                    found = rig.check(session, expected) if trouble is None else [trouble]
                    if found:
                        rig.clear(session)
                    result.problems += [f"{name}, {reaper.where} ({lines}): {it}" for it in found]
                    if (count := sum(result.deaths.values())) % 500 == 0:
                        tell(f"deaths: {count}, {time.monotonic() - begun:.0f} s")
    finally:
        collector.close()
    result.seconds = time.monotonic() - begun
    return result
