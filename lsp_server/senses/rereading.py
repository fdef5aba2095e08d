"""Documents of the editor whose files changed: did it save them, does it read them anew, or neither?

The editor says so only by what it sends next, so it is asked some times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from operator import methodcaller
from typing import NamedTuple

from lsp_server.recording.outside import Fate
from lsp_server.recording.recorder import Recorder
from lsp_server.senses.files import Edited
from lsp_server.senses.sense import Place, Tell

#: Seconds after which to look again. A save is told at once, a window without the focus may read late.
_LOOKS_SECONDS = (0.25, 0.5, 1.0, 3.0)


class _Awaited(NamedTuple):
    edited: Edited
    looks: int
    due: float


class Rereading:
    """For one thread, which looks when `seconds` have passed."""

    def __init__(self, place: Place, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._tell = tell
        self._now = now
        self._awaited: dict[str, _Awaited] = {}
        self._kept: set[str] = set()

    def await_(self, edited: Edited) -> None:
        """The file of an open document is another one."""
        self._awaited[edited.path] = _Awaited(edited, 0, self._now() + _LOOKS_SECONDS[0])

    def seconds(self) -> float | None:
        """How long there is nothing to do; None for as long as nothing is awaited."""
        if not self._awaited:
            return None
        return max(0.0, min(it.due for it in self._awaited.values()) - self._now())

    def look(self) -> list[Edited]:
        """See what became of those that are due; returns those that the editor has closed instead."""
        now = self._now()
        closed = []
        for it in [it for it in self._awaited.values() if it.due <= now]:
            path = it.edited.path
            del self._awaited[path]
            fate = self._fate(it.edited)
            if fate in ("own", "reloaded", "closed"):
                self._kept.discard(path)
            if fate == "closed":
                closed.append(it.edited)
            elif fate in ("unexplained", "saving", "alike") and it.looks + 1 < len(_LOOKS_SECONDS):
                later = now + _LOOKS_SECONDS[it.looks + 1]
                self._awaited[path] = _Awaited(it.edited, it.looks + 1, later)
            elif fate == "alike":
                self._tell(methodcaller("is_alike", path, it.edited.found.text))
            elif fate == "unexplained" and path not in self._kept:
                self._kept.add(path)
                self._tell(_say_kept)
        return closed

    def _fate(self, edited: Edited) -> Fate:
        fates: list[Fate] = []

        def read_anew(recorder: Recorder) -> None:
            found = edited.found
            told = found.text, found.digests, found.written_at, edited.ref
            fates.append(recorder.read_anew(edited.path, *told))
            recorder.tell_seen()

        if self._place.ask(lambda documents: documents.of_file(edited.path)) is None:
            return "closed"
        self._tell(read_anew)
        self._place.ask(lambda _documents: None)
        return fates[0] if fates else "closed"


def _say_kept(recorder: Recorder) -> None:
    recorder.gap("unsupported", "a file changed on disk, and the editor kept another text of it")
