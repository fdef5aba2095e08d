"""From a client's `textDocument/inlineCompletion` to an item: what is asked, shown and recorded.

Only where something is recorded: while recording is off or paused nothing is asked, and at level `metadata`
only an endpoint on this machine is, because that level promises that no text leaves it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from lsp_server.completion.breaker import Breaker
from lsp_server.completion.context import Context, context_at
from lsp_server.completion.endpoint import EndpointError
from lsp_server.completion.pairs import Turn, Turns
from lsp_server.completion.settings import CompletionSettings
from lsp_server.completion.trim import trim
from lsp_server.completion.watch import Shown, Watch
from lsp_server.recording.documents import Tracked
from lsp_server.recording.recorder import Recorder
from lsp_server.recording.recording import Recording
from pairlog.events import Completion
from pairlog.suggestion import Suggestion

_CACHED_MAX = 64
#: Answers that are still waited for although another one is shown.
_RIVALS_MAX = 4

#: What a model writes in a context. Raises EndpointError.
Model = Callable[[str, Context], Awaitable[str]]


class Offer(NamedTuple):
    """A text to show at the cursor; `id` names it in the session."""

    id: str
    text: str


class Said(NamedTuple):
    """What a model has for a place; `latency_ms` None: it was asked before."""

    text: str
    latency_ms: int | None


@dataclass
class Ask:
    """One request of a client, as the document stood when it came."""

    uri: str
    doc: Tracked
    line: int
    column: int
    context: Context
    is_invoked: bool
    recorder: Recorder
    #: The rest of what is shown already.
    ready: Offer | None = None
    work: asyncio.Task[Offer | None] | None = field(default=None, repr=False)


class Offers:
    """Completions for the documents of one recording."""

    def __init__(
        self,
        settings: CompletionSettings,
        recording: Recording,
        model: Model,
        tell: Callable[[str], None],
        now: Callable[[], float],
        seed: str,
    ) -> None:
        """`tell` shows a line to the person; `now` gives seconds that only grow; `seed` deals the models."""
        self.watch = Watch(lambda: recording.recorder, now)
        self._settings = settings
        self._recording = recording
        self._model = model
        self._tell = tell
        self._now = now
        self._breakers = {model: Breaker() for model in settings.models}
        self._turns = Turns(settings.models, seed)
        self._cache: OrderedDict[tuple[str, Context], str] = OrderedDict()
        self._asks: dict[str, Ask] = {}
        self._rivals: set[asyncio.Task[None]] = set()
        self._count = 0
        recording.when_forgetting = self._forget

    def ask(self, uri: str, line: int, column: int, is_invoked: bool) -> Ask | None:
        """Take a request in as it comes, before any later message; None where nothing is to be offered.

        A request for the same document that is still under way is superseded.
        """
        self.cancel(self._asks.get(uri))
        if self._recording.is_over:
            return None
        recorder = self._recording.awake()
        doc = recorder.documents.find(uri)
        if doc is None or not doc.live or not self._may_ask(recorder, doc):
            return None
        context = self._context(doc, line, column)
        if context is None:
            return None
        found = self.watch.rest_at(uri, line, column)
        if found is not None:
            return Ask(uri, doc, line, column, context, is_invoked, recorder, Offer(found[0].id, found[1]))
        self.watch.cursor(uri, line, column)
        ask = self._asks[uri] = Ask(uri, doc, line, column, context, is_invoked, recorder)
        return ask

    async def answer(self, ask: Ask) -> Offer | None:
        """What to show; None where there is nothing, or another request has superseded this one."""
        if ask.ready is not None or self._asks.get(ask.uri) is not ask:
            return ask.ready
        ask.work = asyncio.ensure_future(self._answer(ask))
        try:
            return await ask.work
        except asyncio.CancelledError:
            return None
        finally:
            if self._asks.get(ask.uri) is ask:
                del self._asks[ask.uri]

    def cancel(self, ask: Ask | None) -> None:
        """Nobody waits for this request any more."""
        if ask is not None:
            if self._asks.get(ask.uri) is ask:
                del self._asks[ask.uri]
            if ask.work is not None:
                ask.work.cancel()

    def close(self, uri: str) -> None:
        """A document is being closed."""
        self.cancel(self._asks.get(uri))
        self.watch.leave(uri)

    def end(self) -> None:
        """The recording is about to end, or is over: then nothing is told any more."""
        self._cancel_all()
        if self._recording.is_over:
            self.watch.forget()
        self.watch.end()

    def _cancel_all(self) -> None:
        for ask in list(self._asks.values()):
            self.cancel(ask)
        for task in self._rivals:
            task.cancel()

    def _forget(self) -> None:
        """Minutes are taken back, and what was asked, answered and shown may be part of them."""
        self._cancel_all()
        self._cache.clear()
        self.watch.forget()

    # -- asking -----------------------------------------------------------------------------------------

    def _may_ask(self, recorder: Recorder, doc: Tracked) -> bool:
        if recorder.is_paused or recorder.is_full or self._recording.is_over:
            return False
        # Short words that were taken back are known by their place alone, and that is not followed here.
        may_leave = self._recording.level in ("content", "workspace") and not doc.has_forgotten
        return self._settings.is_local or may_leave

    async def _answer(self, ask: Ask) -> Offer | None:
        if not ask.is_invoked:
            await asyncio.sleep(self._settings.debounce_ms / 1000)
        turn = None if self._has_moved(ask) else self._turn()
        if turn is None:
            return None
        shown = self._requested(ask, turn.shown)
        rival = self._requested(ask, turn.rival) if turn.rival else None
        other = asyncio.ensure_future(self._text_of(turn.rival, ask)) if turn.rival else None
        is_shown = False
        try:
            said = await self._text_of(turn.shown, ask)
            is_shown = bool(said.text) and not self._has_moved(ask)
        finally:
            if other is not None and not is_shown:
                other.cancel()
        if not is_shown:
            return None
        self._show(ask, turn.shown, shown, rival, said)
        if rival and other is not None:
            self._wait_for(other, ask, turn, shown, rival)
        return Offer(shown, said.text)

    def _turn(self) -> Turn | None:
        """Whose turn it is, of those that do not rest because they failed."""
        turn, now = self._turns.next(), self._now()
        asked = [model for model in turn if model is not None]
        return turn.without({model for model in asked if not self._breakers[model].lets_through(now)})

    def _has_moved(self, ask: Ask) -> bool:
        """Whether the document, or the session, is another one than the one that was asked about."""
        recorder = self._recording.recorder
        if recorder is not ask.recorder or not self._may_ask(recorder, ask.doc):
            return True
        if recorder.documents.find(ask.uri) is not ask.doc:
            return True
        return ask.context != self._context(ask.doc, ask.line, ask.column)

    def _context(self, doc: Tracked, line: int, column: int) -> Context | None:
        settings = self._settings
        return context_at(
            doc.document, line, column, doc.language, settings.prefix_chars, settings.suffix_chars
        )

    async def _text_of(self, model: str, ask: Ask) -> Said:
        """What a model would have at the cursor; empty where it has nothing, or does not answer.

        Who asks by a key of their own wants to hear it anew.
        """
        settings = self._settings
        key = model, ask.context
        known = None if ask.is_invoked else self._cache.get(key)
        if known is not None:
            return Said(known, None)
        begun = self._now()
        try:
            answer = await self._model(model, ask.context)
        except EndpointError as error:
            self._failed(model, str(error))
            return Said("", None)
        self._breakers[model].succeeded()
        self._remark()
        template = settings.template_of(model)
        text = trim(answer, ask.context, template.stops, settings.api == "chat")
        if text:
            self._cache[key] = text
            if len(self._cache) > _CACHED_MAX:
                self._cache.popitem(last=False)
        return Said(text, int((self._now() - begun) * 1000))

    def _failed(self, model: str, trouble: str) -> None:
        must_hear = self._breakers[model].failed(trouble, self._now())
        self._remark()
        if must_hear:
            self._tell(f"Pairlog offers {self._words(model)}; it goes on trying, in growing pauses")

    def _remark(self) -> None:
        down = [model for model, breaker in self._breakers.items() if breaker.trouble]
        self._recording.remark = "; ".join(map(self._words, down))

    def _words(self, model: str) -> str:
        of = f" of {model}" if len(self._breakers) > 1 else ""
        return f"no completions{of}: {self._settings.url}: {self._breakers[model].trouble}"

    # -- recording --------------------------------------------------------------------------------------

    def _requested(self, ask: Ask, model: str) -> str:
        self._count += 1
        name = f"pairlog-{self._count}"
        self._event(ask, name, model, phase="requested", position=(ask.line, ask.column), evidence="reported")
        return name

    def _show(self, ask: Ask, model: str, name: str, rival: str | None, said: Said) -> None:
        self._event(
            ask,
            name,
            model,
            phase="shown",
            position=(ask.line, ask.column),
            **_heard(said),
            rival=rival,
            evidence="inferred",
        )
        suggestion = Suggestion(said.text, ask.line, ask.column, ask.doc.document.encoding)
        self.watch.show(Shown(name, ask.uri, ask.doc.number, model, suggestion, ask.recorder, self._now()))

    def _wait_for(self, other: asyncio.Future[Said], ask: Ask, turn: Turn, shown: str, rival: str) -> None:
        """Record what the other model would have suggested, whenever that comes."""

        async def record() -> None:
            said = await other
            if said.text and turn.rival and self._recording.recorder is ask.recorder:
                self._event(
                    ask,
                    rival,
                    turn.rival,
                    phase="requested",
                    **_heard(said),
                    rival=shown,
                    evidence="observed",
                )

        if len(self._rivals) >= _RIVALS_MAX:
            other.cancel()
            return
        task = asyncio.ensure_future(record())
        self._rivals.add(task)
        task.add_done_callback(self._rivals.discard)

    def _event(self, ask: Ask, name: str, model: str, **fields: object) -> None:
        ask.recorder.read_clock()
        ask.recorder.event(
            Completion,
            id=name,
            doc=ask.doc.number,
            provider=self._settings.host,
            model=model,
            surface="inline",
            **fields,
        )
        self._recording.flush()


def _heard(said: Said) -> dict[str, object]:
    """The fields of what a model said, and how long that took."""
    if said.latency_ms is None:
        return {"text": said.text, "reason": "cached"}
    return {"text": said.text, "latency_ms": said.latency_ms}
