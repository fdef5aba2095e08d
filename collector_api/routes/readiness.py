"""Whether a write goes through, asked at most once in a while, however many want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from collector_api.problems import NoStorage
from collector_api.rows import counters
from collector_api.store import Store

#: A store that takes longer to write one number is not ready for more.
_READY_S_MAX = 2.0
#: How long an answer is good for.
_FRESH_S = 1.0


class Readiness:
    """Asks the store of one event loop."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._asked: asyncio.Future[int] | None = None
        self._until = float("-inf")

    async def waiting(self) -> int:
        """How many jobs waited to be written before one went through. Raises NoStorage or TooFast."""
        if self._asked is None or self._clock() >= self._until:
            self._until = self._clock() + _FRESH_S
            self._asked = asyncio.ensure_future(self._ask())
        # Whoever asked first may go before the others.
        return await asyncio.shield(self._asked)

    async def _ask(self) -> int:
        waiting = self._store.waiting
        job = self._store.write(counters.probe)
        try:
            await asyncio.wait_for(asyncio.wrap_future(job), _READY_S_MAX)
        except asyncio.TimeoutError:
            raise NoStorage(f"{waiting} writes wait for {_READY_S_MAX:.0f} s and more") from None
        return waiting
