"""The models behind an endpoint as `offers.py` asks them: made when first asked, and shown no secret.

What must not be read is masked before it leaves the machine, as it is in lines for a collector; an endpoint
on this machine gets the text as it stands.
"""

from __future__ import annotations

import asyncio

from lsp_server.completion.context import Context
from lsp_server.completion.endpoint import Endpoint, EndpointError
from lsp_server.completion.settings import CompletionSettings
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.sending.secrets import Secrets, scanner_of_this_user
from pairlog.home import Home
from pairlog.rules import Finding


class Models:
    """Asked in one event loop; everything slow is done in threads."""

    def __init__(self, settings: CompletionSettings, home: Home) -> None:
        self._settings = settings
        self._home = home
        self._made: asyncio.Task[tuple[Endpoint, Screened | None]] | None = None
        self._masking = asyncio.Lock()

    async def ask(self, model: str, context: Context) -> str:
        """What a model writes in a context. Raises EndpointError."""
        endpoint, screened = await self._ready()
        if screened is not None:
            async with self._masking:
                context = await asyncio.to_thread(context.masked, screened.find)
        return await endpoint.ask(model, context)

    def prepare(self) -> None:
        """Begin to make what the first request needs; call it in the event loop."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))

    async def _ready(self) -> tuple[Endpoint, Screened | None]:
        self.prepare()
        made = self._made
        assert made is not None
        try:
            # Whoever waits may give up; the next one needs it all the same.
            return await asyncio.shield(made)
        except Exception as error:
            # What the environment says of proxies may be nothing that can be used; it may be set right.
            if self._made is made:
                self._made = None
            raise EndpointError(f"{type(error).__name__}: {error}") from None

    def _make(self) -> tuple[Endpoint, Screened | None]:
        screened = None
        if not self._settings.is_local:
            scanner = scanner_of_this_user()
            scanner.prepare()
            forgotten = ForgottenWords(self._home)
            screened = Screened(Secrets(scanner, forgotten), forgotten)
        return Endpoint(self._settings), screened


class Screened:
    """What the texts that are sent must not show, and what was found in the ones before."""

    def __init__(self, secrets: Secrets, forgotten: ForgottenWords) -> None:
        self._secrets = secrets
        self._forgotten = forgotten

    def find(self, text: str) -> list[Finding]:
        """All of it, also where a key stands a second time, by a name that tells nobody what it is."""
        self._forgotten.refresh()
        for found in self._secrets.find(text):
            self._secrets.remember(text, found)
        return self._secrets.find(text)
