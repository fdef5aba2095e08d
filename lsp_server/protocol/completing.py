"""Inline completions in the language server: offered only where the user's settings name an endpoint."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from pairlog.errors import UserError

if TYPE_CHECKING:
    from lsp_server.completion.offers import Ask, Offers
    from lsp_server.completion.settings import CompletionSettings
    from lsp_server.protocol.server import PairlogServer

#: What the client runs once it has put a suggestion into the text; the arguments are its id and its document.
ACCEPTED = "pairlog.completionAccepted"
#: What a client may run when somebody turns a suggestion away; the argument is the document.
REJECTED = "pairlog.completionRejected"


class Completing:
    """Between `initialize`, which says what is offered, and the requests; does nothing where it is off."""

    def __init__(self, server: PairlogServer) -> None:
        self._server = server
        self._settings: CompletionSettings | None = None
        self._offers: Offers | None = None
        self._asks: dict[Any, Ask] = {}
        #: What is wrong with the settings, to be told once the client listens.
        self._trouble = ""

    def initialize(self, options: object) -> None:
        """Read the settings, and announce the feature where they name an endpoint."""
        try:
            self._settings = _settings(options)
        except UserError as error:
            self._trouble = str(error)
        if self._settings is not None:
            server = self._server
            server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(_inline)
            server.command(ACCEPTED)(_accepted)
            server.command(REJECTED)(_rejected)

    def begin(self) -> Offers | None:
        """The client listens, and a recording has begun or not: what its edits go through from here on."""
        if self._trouble:
            self._server.tell(f"Pairlog offers no completions: {self._trouble}")
        recording = self._server.recording
        if self._settings is None or recording is None:
            return None
        from lsp_server.completion.model import Models
        from lsp_server.completion.offers import Offers

        models = Models(self._settings, recording.home, recording.documents)
        models.prepare()
        self._offers = Offers(
            self._settings,
            recording,
            models.ask,
            self._server.tell,
            time.monotonic,
            os.urandom(8).hex(),
        )
        return self._offers

    def end(self) -> None:
        """The recording is about to end: nobody gets an answer any more."""
        for request in list(self._asks):
            # pygls cancels what is left at `shutdown`, in a loop that the answers to these would break.
            self._server.protocol._handle_cancel_notification(request)
        offers, self._offers = self._offers, None
        if offers is not None:
            offers.end()

    def tick(self) -> None:
        """Once a second."""
        recording = self._server.recording
        if self._offers is not None and recording is not None:
            recording.recorder.read_clock()
            self._offers.watch.tick()

    def ask(self, params: types.InlineCompletionParams, request: Any) -> Ask | None:
        """Take a request in, as it comes."""
        if self._offers is None:
            return None
        place = params.position
        is_invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        ask = self._offers.ask(params.text_document.uri, place.line, place.character, is_invoked)
        if ask is not None and ask.ready is None:
            self._asks[request] = ask
        return ask

    async def answer(self, ask: Ask, request: Any) -> types.InlineCompletionList | None:
        """The answer to a request that was taken in."""
        try:
            offer = await self._offers.answer(ask) if self._offers is not None else None
        finally:
            self._asks.pop(request, None)
        if offer is None:
            return None
        here = types.Position(ask.line, ask.column)
        accepted = types.Command("Accepted", ACCEPTED, None, [offer.id, ask.uri])
        return types.InlineCompletionList(
            [types.InlineCompletionItem(offer.text, None, types.Range(here, here), accepted)]
        )

    def cancel(self, request: Any) -> None:
        """The client takes a request back."""
        ask = self._asks.pop(request, None)
        if ask is not None and self._offers is not None:
            self._offers.cancel(ask)

    def accepted(self, name: object) -> None:
        """The client has put a suggestion into the text."""
        if self._offers is not None and isinstance(name, str):
            self._offers.watch.accepted(name)

    def rejected(self, uri: object) -> None:
        """Somebody turned away what is shown in a document."""
        if self._offers is not None and isinstance(uri, str):
            self._offers.watch.rejected(uri)

    def close(self, uri: str) -> None:
        """A document is being closed."""
        if self._offers is not None:
            self._offers.close(uri)


def _settings(options: object) -> CompletionSettings | None:
    """The settings, where somebody made any; nothing is imported where nobody did. Raises UserError."""
    from lsp_server.home.settings import home_of, home_table

    told = options.get("completion") if isinstance(options, dict) else None
    if isinstance(told, dict) and not told.get("url"):
        told = None
    table = home_table(home_of(options))
    named = "completion" in table or any(it.startswith("PAIRLOG_COMPLETION_") for it in os.environ)
    if not told and not named:
        return None
    from lsp_server.completion.settings import resolve

    return resolve(options, table)


# pygls resolves the annotations of its handlers, and this file knows the server's class by name alone.


def _inline(ls: Any, params: types.InlineCompletionParams) -> Generator[Any, Any, Any]:
    """Answer a request; a generator, because pygls runs its first step in the order of the messages."""
    request = ls.protocol.msg_id
    ask = ls.completing.ask(params, request)
    if ask is None:
        return None
    return (yield ls.completing.answer, (ask, request), None)


def _accepted(ls: Any, *arguments: Any) -> None:
    if arguments:
        ls.completing.accepted(arguments[0])


def _rejected(ls: Any, *arguments: Any) -> None:
    if arguments:
        ls.completing.rejected(arguments[0])
