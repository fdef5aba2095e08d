"""Hears the pytest plugin: the sense behind the door for test runners."""

from __future__ import annotations

import asyncio
import sys

from lsp_server.senses.door import Door
from lsp_server.senses.doubles import Doubles
from lsp_server.senses.pytest_run import PytestRun
from lsp_server.senses.sense import Place, Tell
from pairlog.errors import UserError


class PytestRuns:
    """Its socket lives in the event loop: a run's messages take turns with the client's."""

    def __init__(self, doubles: Doubles) -> None:
        """`doubles` learns which reports a run writes as well."""
        self._doubles = doubles
        self._door: Door | None = None
        self._opening: asyncio.Future[None] | None = None

    def start(self, place: Place, tell: Tell) -> None:
        """Listen from now on."""
        self._door = Door(place.home, place.root, lambda key: PytestRun(tell, key, self._doubles))
        self._opening = asyncio.ensure_future(self._open(self._door))

    def stop(self) -> None:
        """Hear nothing more."""
        if self._opening is not None:
            self._opening.cancel()
        if self._door is not None:
            self._door.close()

    @staticmethod
    async def _open(door: Door) -> None:
        try:
            await door.open()
        except (OSError, UserError) as error:
            # The recording goes on without; a person reads this in the log of their editor.
            print(f"pairlog: test runs are not heard: {error}", file=sys.stderr)
