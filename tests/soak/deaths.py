"""The sender dies at every line of its own code, and another one takes over.

kill -9 at a random moment hardly ever meets the microseconds between two calls. Here a sender in this process
is ended by an exception that nothing catches, after one more line of `lsp_server` each time.
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
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Death(BaseException):
    """The end of a sender; no handler is for it."""


class Reaper:
    """Ends what runs inside it after so many lines of the sender's code; `where` it was.

    Then it closes the files that a process would have lost with its life, and its locks with them.
    """

    def __init__(self, lines: int) -> None:
        self._left = lines
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
            self._left -= 1
            if self._left < 0 and self.where is None:
                self.where = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
                raise Death
        return self._trace


def run(folder: Path, every: int, seed: int, tell: Callable[[str], None] = print) -> Result:
    """Die at each `every`th line, below `folder`; the seed decides what is recorded and the first line."""
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
                lines = chance.randrange(every)
                # A recorder that was killed may have torn its last line.
                left = Left(recording.spool + (b'{"seq":99,"t":' if ending == "killed" else b""))
                while True:
                    session, expected = rig.fill(left, recording.session)
                    with Reaper(lines) as reaper:
                        rig.deliver(rig.sender(), session)
                    if reaper.where is None:
                        break
                    result.deaths[f"recorder {ending}"] += 1
                    if chance.random() < 0.5:
                        with Reaper(chance.randrange(1 + lines)):
                            rig.deliver(rig.sender(), session)
                    trouble = rig.deliver(rig.sender(), session)
                    found = rig.check(session, expected) if trouble is None else [trouble]
                    if found:
                        rig.clear(session)
                    result.problems += [f"recorder {ending}, {reaper.where} ({lines}): {it}" for it in found]
                    lines += every
                    if (count := sum(result.deaths.values())) % 1000 == 0:
                        tell(f"deaths: {count}, {time.monotonic() - begun:.0f} s")
    finally:
        collector.close()
    result.seconds = time.monotonic() - begun
    return result
