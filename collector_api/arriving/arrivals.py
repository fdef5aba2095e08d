"""Frames on their way to the store: those that arrive while others are written wait, and go together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from collector_api.arriving import receiving
from collector_api.arriving.receiving import Received
from collector_api.database.writer import GROUP_MAX, WAITING_MAX
from collector_api.limits import Limits
from collector_api.problems import TooFast
from collector_api.rows import appending
from collector_api.rows.appending import Arrival, Unplanned
from collector_api.rows.archive import InLake
from collector_api.store import Store

#: How often a frame comes back: from a lake, for a plan, and as its session changes meanwhile.
_TRIES = 8


class Arrivals:
    """The frames that one event loop takes: one way to the writer and back for all that go together."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._waiting: deque[tuple[Arrival, asyncio.Future[Received]]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._planning = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many frames wait for the writer."""
        return len(self._waiting)

    async def take(self, arrival: Arrival) -> Received:
        """What became of a frame, once it is durable; a session whose lines are in a lake comes back first.

        Raises the Problem that forbids it; TooFast where too many wait, or its session never stands still.
        """
        to_be_planned = False
        for _ in range(_TRIES):
            try:
                if to_be_planned:
                    arrival = await self._planned(arrival)
                    to_be_planned = False
                return await self._taken(arrival)
            except InLake as error:
                await run_in_threadpool(self._store.thaw, error.session)
            except Unplanned:
                to_be_planned = True
        raise TooFast("the session changes while its frame is looked at; try again in a second")

    async def _planned(self, arrival: Arrival) -> Arrival:
        def planned() -> Arrival:
            with self._store.reading() as connection:
                return appending.planned(connection, arrival, self._limits)

        # One after the other: a manifest or a ledger takes memory.
        async with self._planning:
            return await run_in_threadpool(planned)

    def _taken(self, arrival: Arrival) -> asyncio.Future[Received]:
        if len(self._waiting) >= WAITING_MAX:
            raise TooFast(f"{WAITING_MAX} frames wait for the disk; try again in a second")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Received] = loop.create_future()
        self._waiting.append((arrival, future))
        if self._writing is None:
            self._writing = loop.create_task(self._write())
        return future

    async def _write(self) -> None:
        """Have groups of frames written until none waits."""
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MAX))]
                found = await self._written([arrival for arrival, _ in group])
                for (_, future), result in zip(group, found, strict=True):
                    # Whoever asked may have gone.
                    if future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            self._writing = None

    async def _written(self, arrivals: Sequence[Arrival]) -> Sequence[Received | Exception]:
        sessions = {arrival.session for arrival in arrivals}
        try:
            return await asyncio.wrap_future(
                self._store.write(
                    lambda connection: receiving.receive_all(connection, arrivals, self._limits), *sessions
                )
            )
        except Exception as error:
            return [error] * len(arrivals)
