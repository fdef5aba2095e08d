"""The models behind an endpoint as `offers.py` asks them: made when first asked, and shown no secret.

What a rule finds is masked before it leaves the machine, as it is in lines for a collector; an endpoint on
this machine gets the text as it stands.
"""

from __future__ import annotations

import asyncio

from lsp_server.completion.context import Context
from lsp_server.completion.endpoint import Endpoint
from lsp_server.completion.settings import CompletionSettings
from lsp_server.sending.screen import scanner_of_this_user
from pairlog.rules import Scanner


class Models:
    """Asked in one event loop; everything slow is done in threads."""

    def __init__(self, settings: CompletionSettings) -> None:
        self._settings = settings
        self._made: asyncio.Task[tuple[Endpoint, Scanner | None]] | None = None

    async def ask(self, model: str, context: Context) -> str:
        """What a model writes in a context. Raises EndpointError."""
        endpoint, scanner = await self._ready()
        if scanner is not None:
            context = await asyncio.to_thread(context.masked, scanner)
        return await endpoint.ask(model, context)

    def prepare(self) -> None:
        """Begin to make what the first request needs; call it in the event loop."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))

    async def _ready(self) -> tuple[Endpoint, Scanner | None]:
        self.prepare()
        assert self._made is not None
        # Whoever waits may give up; the next one needs it all the same.
        return await asyncio.shield(self._made)

    def _make(self) -> tuple[Endpoint, Scanner | None]:
        scanner = None
        if not self._settings.is_local:
            scanner = scanner_of_this_user()
            scanner.prepare()
        return Endpoint(self._settings), scanner
