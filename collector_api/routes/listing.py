"""Rows of sessions with what a replay says of them, as far as there is time for replays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic

from collector_api.problems import Problem
from collector_api.store import Store
from pairlog.source import SessionInfo

#: How long a list may keep somebody waiting for fresh verdicts; the rest is judged in the background.
JUDGE_S_MAX = 3.0


def judged_rows(
    store: Store, rows: Iterable[SessionInfo], clock: Callable[[], float] = monotonic
) -> list[SessionInfo]:
    """The rows, judged where that was done before or can be done in time.

    One that still grows is not judged: who asks again and again would have it replayed from its beginning.
    """
    until = clock() + JUDGE_S_MAX
    judged: list[SessionInfo] = []
    for row in rows:
        if row.verified is not None or not row.complete:
            judged.append(row)
        elif clock() < until:
            judged.append(_judged(store, row))
        else:
            store.judge_soon(row.session)
            judged.append(row)
    return judged


def _judged(store: Store, row: SessionInfo) -> SessionInfo:
    try:
        return store.judged(row)
    except Problem:
        # It was erased while the list was made.
        return row
