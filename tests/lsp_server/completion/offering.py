"""A recording that offers completions, without a process: what models say, and the clock, are a test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsp_server.completion.context import Context
from lsp_server.completion.endpoint import EndpointError
from lsp_server.completion.offers import Offer, Offers
from tests.lsp_server.completion.made import settings
from tests.lsp_server.desk import Desk

Returned = TypeVar("Returned")
#: What a model says; an exception is raised.
Says = Callable[[str, Context], "str | Exception"]


class Offering(Desk):
    """A desk whose edits go through `offers`."""

    def __init__(
        self,
        folder: Path,
        says: Says = lambda _model, _context: "total(items)",
        url: str = "http://127.0.0.1:1/v1",
        level: Any = "content",
        **told: Any,
    ) -> None:
        super().__init__(folder, level)
        self.says = says
        self.asked: list[tuple[str, Context]] = []
        #: Models that answer only when they are let.
        self.held: dict[str, asyncio.Event] = {}
        self.offers = Offers(
            settings(url, **told),
            self.recording,
            self._model,
            self.messages.append,
            lambda: self.monotonic_ns / 1e9,
            "seed",
        )
        self._inbox.offers = self.offers

    async def _model(self, model: str, context: Context) -> str:
        self.asked.append((model, context))
        if model in self.held:
            await self.held[model].wait()
        said = self.says(model, context)
        if isinstance(said, Exception):
            raise said
        return said

    def ask(self, line: int, column: int, name: str = "cart.py", is_invoked: bool = False) -> Offer | None:
        """Ask as an editor does, and wait for the answer."""
        return self.run(self.answer(line, column, name, is_invoked))

    async def answer(
        self, line: int, column: int, name: str = "cart.py", is_invoked: bool = False
    ) -> Offer | None:
        ask = self.offers.ask(self.uri(name), line, column, is_invoked)
        return await self.offers.answer(ask) if ask is not None else None

    def run(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        """Run it, and all that it left behind."""

        async def whole() -> Returned:
            result = await work
            for _ in range(20):
                await asyncio.sleep(0)
            return result

        return asyncio.run(whole())

    def passes(self, seconds: float) -> None:
        super().passes(seconds)
        self.offers.watch.tick()
        self.recording.flush()

    def told(self) -> list[tuple[Any, ...]]:
        """What was told of suggestions: id, phase, text, evidence."""
        self.recording.flush()
        return [
            (it["id"], it["phase"], it.get("text"), it["evidence"])
            for it in self.events()
            if it["type"] == "completion"
        ]

    def causes(self) -> list[tuple[Any, ...]]:
        """Text, cause, evidence and reference of each edit that bears a cause."""
        self.recording.flush()
        return [
            (it["changes"][0][4], it["cause"], it["evidence"], it.get("ref"))
            for it in self.events()
            if it["type"] == "edit" and "ref" in it
        ]


NO_ANSWER = EndpointError("no whole answer within 5 s")
