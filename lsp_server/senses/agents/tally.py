"""What a sense missed: the first of a kind is told at once, others in sums, so no flood fills a session."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Literal, TypeAlias

from lsp_server.senses.sense import Tell

_SECONDS = 60.0
_KINDS_MAX = 64
Reason: TypeAlias = Literal["unsupported", "not_emitted"]
_OTHERS: tuple[Reason, str] = ("unsupported", "agents' events of further kinds")


class Tally:
    """For the event loop's thread."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._owed: Counter[tuple[Reason, str]] = Counter()
        self._known: set[tuple[Reason, str]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, reason: Reason, detail: str) -> None:
        """One more that was missed; `detail` names its kind and bears no text of others."""
        kind = (reason, detail)
        if kind not in self._known and len(self._known) >= _KINDS_MAX:
            kind = _OTHERS
        if kind not in self._known:
            self._known.add(kind)
            self._say(kind, 1)
            return
        self._owed[kind] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._pay)

    def stop(self) -> None:
        """The recording is over; what is owed is said in the log."""
        if self._timer is not None:
            self._timer.cancel()
        for (_, detail), count in self._owed.items():
            print(f"pairlog: {count} more: {detail}", file=sys.stderr)
        self._owed.clear()

    def _pay(self) -> None:
        self._timer = None
        owed, self._owed = self._owed, Counter()
        for kind, count in owed.items():
            self._say(kind, count)

    def _say(self, kind: tuple[Reason, str], count: int) -> None:
        self._tell(lambda recorder: recorder.gap(*kind, count=count))
