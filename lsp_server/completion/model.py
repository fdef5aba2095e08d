"""The models behind an endpoint as `offers.py` asks them: made when first asked, and shown no secret.

What must not be read is masked before it leaves the machine, as it is in lines for a collector; an endpoint
on this machine gets the text as it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from threading import Lock

from lsp_server.completion.context import Context
from lsp_server.completion.endpoint import Endpoint, EndpointError
from lsp_server.completion.settings import CompletionSettings
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.recording.documents import Tracked
from lsp_server.sending.secrets import Secrets, scanner_of_this_user
from pairlog.document import split_lines
from pairlog.home import Home
from pairlog.rules import Finding


class Models:
    """Asked in one event loop; everything slow is done in threads."""

    def __init__(self, settings: CompletionSettings, home: Home, documents: Iterable[Tracked]) -> None:
        """A key that stands in any of the `documents`, which come and go, is masked in all of them."""
        self._settings = settings
        self._home = home
        self._documents = documents
        self._made: asyncio.Task[tuple[Endpoint, Screened | None]] | None = None

    async def ask(self, model: str, context: Context) -> str:
        """What a model writes in a context. Raises EndpointError."""
        endpoint, screened = await self._ready()
        if screened is not None:
            texts = {doc.number: doc.document.text for doc in self._documents if doc.live}
            context = await asyncio.to_thread(screened.masked, context, texts)
        return await endpoint.ask(model, context)

    def prepare(self) -> None:
        """Begin to make what the first request needs; call it in the event loop."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))
            # What went wrong is told to whoever asks; where nobody does, asyncio would print it.
            self._made.add_done_callback(lambda made: made.cancelled() or made.exception())

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
    """What the texts that are sent must not show, and the keys that were found before."""

    def __init__(self, secrets: Secrets, forgotten: ForgottenWords) -> None:
        self._secrets = secrets
        self._forgotten = forgotten
        #: The texts of documents, by their numbers, as they were looked at last.
        self._seen: Mapping[int, str] = {}
        # A thread goes on where nobody waits for it any more.
        self._lock = Lock()

    def masked(self, context: Context, texts: Mapping[int, str]) -> Context:
        """A context without it, also where a key stands by a name that only one of the `texts` tells."""
        with self._lock:
            self._forgotten.refresh()
            for number, text in texts.items():
                self._learn(self._seen.get(number, ""), text)
            self._seen = texts
            return context.masked(self._find)

    def _learn(self, before: str, text: str) -> None:
        if text != before:
            known = set(split_lines(before))
            for line in split_lines(text):
                if line not in known:
                    self._secrets.learn(line)

    def _find(self, text: str) -> list[Finding]:
        self._secrets.learn(text)
        return self._secrets.find(text)
