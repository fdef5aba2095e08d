"""The suggestions that were shown and are not decided yet: follows the edits of their documents and tells.

An edit that takes a suggestion gets its cause here, through the recorder's own door for causes and ahead of
its line. What the editor says of an acceptance comes a moment behind the edit, so what an edit did is told
when that moment is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lsp_server.completion.standing import stood_before
from lsp_server.recording.recorder import Recorder
from pairlog.events import Attribution, Change, Completion, CompletionPhase, Evidence
from pairlog.suggestion import OPEN_MAX, SECONDS_MAX, Effect, Suggestion, What

#: The name of the inference: the text of an edit is the one that was shown.
RULE = "shown_text"
#: The editor's word on an acceptance comes within this.
_WORD_SECONDS_MAX = 1.0
_TAKEN = (What.ACCEPTED, What.PART)


@dataclass
class Shown:
    """A suggestion in a session."""

    id: str
    uri: str
    doc: int
    model: str
    suggestion: Suggestion
    #: The session's recorder: what is decided in another session is not told there.
    recorder: Recorder
    since: float
    #: The editor says that it is being accepted, and the edit has not come yet.
    is_announced: bool = False


@dataclass
class _Waiting:
    """What an edit did to a suggestion, before the editor had its say."""

    shown: Shown
    #: None: nothing that is told without the editor's word.
    phase: CompletionPhase | None
    #: The text that is told with the phase.
    text: str | None
    #: The text that was taken, where the editor says so.
    part: str
    seq: int
    since: float


class Watch:
    """All undecided suggestions, by document."""

    def __init__(self, recorder: Callable[[], Recorder], now: Callable[[], float]) -> None:
        """`recorder` gives the one of the session at work, `now` seconds that only grow."""
        self._recorder = recorder
        self._now = now
        self._open: dict[str, list[Shown]] = {}
        self._waiting: list[_Waiting] = []

    def show(self, shown: Shown) -> None:
        """A suggestion was shown."""
        here = self._open.setdefault(shown.uri, [])
        here.append(shown)
        if len(here) > OPEN_MAX:
            self._leave(here[0])

    def rest_at(self, uri: str, line: int, column: int) -> tuple[Shown, str] | None:
        """The suggestion that somebody types on inside, the newest one, and the rest of its text."""
        for shown in reversed(self._here(uri)):
            rest = shown.suggestion.rest_at(line, column)
            if rest:
                return shown, rest
        return None

    # -- what the editor does ---------------------------------------------------------------------------

    def did_change(self, recorder: Recorder, params: Any) -> None:
        """Record an edit, with its cause where it takes a suggestion, and tell what it did."""
        uri = _uri_of(params)
        here = self._here(uri)
        if not here:
            recorder.did_change(params)
            return
        doc = recorder.documents.find(uri)
        changes = _changes_of(params)
        if doc is None or changes is None:
            recorder.did_change(params)
            self.leave(uri)
            return
        history, is_explained = doc.history, doc.cause is not None
        effects = []
        for shown in reversed(here):
            effect = shown.suggestion.edit(
                changes, shown.is_announced, is_explained, lambda: stood_before(history, changes)
            )
            effects.append((shown, effect))
            if effect.what in _TAKEN:
                self._explain(recorder, shown)
                break
        recorder.did_change(params)
        for shown, effect in effects:
            self._follow(shown, effect, recorder.next - 1)
        if effects[-1][1].what in _TAKEN:
            for other in [it for it in here if it is not effects[-1][0]]:
                self._leave(other)

    def _follow(self, shown: Shown, effect: Effect, seq: int) -> None:
        """Tell what the edit of this seq did to a suggestion, or wait for the editor's word."""
        what, part = effect
        shown.since = self._now()
        if what is What.PART:
            self._tell(shown, "partly_accepted", part)
        elif what is What.ACCEPTED:
            self._drop(shown)
            self._wait(shown, "accepted", part, part, seq)
        elif what is What.TYPED:
            self._drop(shown)
            self._wait(shown, "typed_through", part, part, seq)
        elif what is What.OTHERWISE:
            self._wait(shown, None, None, part, seq)
        elif what is What.LEFT:
            self._drop(shown)
            self._wait(shown, *_end_of(shown), shown.suggestion.rest, seq)

    def cursor(self, uri: str, line: int, column: int) -> None:
        """The cursor stands here now: whoever looks elsewhere leaves what was shown."""
        for shown in list(self._open.get(uri, ())):
            if not shown.suggestion.holds(line, column):
                self._leave(shown)

    def observe(self, params: Any) -> None:
        """Hear an observation, of which the place of the cursor matters here."""
        if not self._open or not isinstance(params, dict) or params.get("type") != "select":
            return
        try:
            line, column = params["selections"][0][2:4]
            self.cursor(params["uri"], line, column)
        except (KeyError, IndexError, TypeError, ValueError):
            return

    def accepted(self, name: str) -> None:
        """The editor says that a suggestion was, or is being, accepted."""
        # Of several edits, the one that looks like it; else the first: others came behind it.
        here = [it for it in self._waiting if it.shown.id == name]
        done = min(here, key=lambda it: it.phase != "accepted", default=None)
        if done is None:
            for shown in self._all():
                shown.is_announced = shown.is_announced or shown.id == name
            return
        shown = done.shown
        self._waiting = [it for it in self._waiting if it.shown is not shown]
        self._drop(shown)
        if done.phase != "accepted" and self._is_current(shown):
            shown.recorder.event(Attribution, of=done.seq, cause="completion", evidence="reported", ref=name)
        self._tell(shown, "accepted", done.part, "reported")

    def rejected(self, uri: str) -> None:
        """The editor says that somebody turned away what is shown in a document."""
        here = self._open.get(uri)
        if here:
            newest = here[-1]
            self._drop(newest)
            self._tell(newest, "rejected", None, "reported")

    def leave(self, uri: str) -> None:
        """Nothing more can become of what was shown in a document."""
        self.settle()
        for shown in list(self._open.get(uri, ())):
            self._leave(shown)

    def tick(self) -> None:
        """Once a second: what nothing happened to for long is over."""
        now = self._now()
        self._settle(now - _WORD_SECONDS_MAX)
        for shown in self._all():
            if now - shown.since > SECONDS_MAX:
                self._leave(shown)

    def end(self) -> None:
        """The session ends: all that is open is over."""
        self.settle()
        for shown in self._all():
            self._leave(shown)

    def forget(self) -> None:
        """Minutes are taken back: nothing more is told of what was shown, which may be part of them."""
        self._open.clear()
        self._waiting.clear()

    def settle(self) -> None:
        """The editor had its time to say more of the last edits."""
        self._settle(self._now())

    # -- telling ----------------------------------------------------------------------------------------

    def _settle(self, until: float) -> None:
        over = [it for it in self._waiting if it.since <= until]
        self._waiting = [it for it in self._waiting if it.since > until]
        for it in over:
            if it.phase is not None:
                self._tell(it.shown, it.phase, it.text)

    def _explain(self, recorder: Recorder, shown: Shown) -> None:
        cause: dict[str, Any] = {"type": "cause", "uri": shown.uri, "cause": "completion", "ref": shown.id}
        if shown.is_announced:
            cause["evidence"] = "reported"
        else:
            cause |= {"evidence": "inferred", "rule": RULE}
        recorder.observe(cause)

    def _wait(
        self, shown: Shown, phase: CompletionPhase | None, text: str | None, part: str, seq: int
    ) -> None:
        """Tell it, where the editor has said its word already; else when the time for it is over."""
        if shown.is_announced and phase == "accepted":
            self._tell(shown, phase, part, "reported")
            return
        self._waiting.append(_Waiting(shown, phase, text, part, seq, self._now()))
        if shown.is_announced:
            self.accepted(shown.id)

    def _here(self, uri: str) -> list[Shown]:
        """What is open in a document; what was shown in another session is none of this one's."""
        for shown in list(self._open.get(uri, ())):
            if not self._is_current(shown):
                self._drop(shown)
        return self._open.get(uri, [])

    def _leave(self, shown: Shown) -> None:
        self._drop(shown)
        phase, text = _end_of(shown)
        if phase is not None:
            self._tell(shown, phase, text)

    def _drop(self, shown: Shown) -> None:
        here = self._open.get(shown.uri, [])
        if shown in here:
            here.remove(shown)
        if not here:
            self._open.pop(shown.uri, None)

    def _tell(
        self, shown: Shown, phase: CompletionPhase, text: str | None, evidence: Evidence = "inferred"
    ) -> None:
        if self._is_current(shown):
            shown.recorder.event(
                Completion,
                id=shown.id,
                phase=phase,
                doc=shown.doc,
                model=shown.model,
                surface="inline",
                text=text,
                evidence=evidence,
            )

    def _is_current(self, shown: Shown) -> bool:
        return shown.recorder is self._recorder()

    def _all(self) -> list[Shown]:
        return [shown for here in self._open.values() for shown in here]


def _end_of(shown: Shown) -> tuple[CompletionPhase | None, str | None]:
    """How a suggestion ends that nobody took; no phase where all was told of it."""
    part = shown.suggestion.left()
    if part is None:
        return "ignored", None
    return ("typed_through", part) if part else (None, None)


def _uri_of(params: Any) -> str:
    try:
        uri = params["textDocument"]["uri"]
    except (TypeError, KeyError):
        return ""
    return uri if isinstance(uri, str) else ""


def _changes_of(params: Any) -> Sequence[Change] | None:
    """The changes of a didChange; None where one replaces the whole text, or is not as LSP says."""
    changes = []
    try:
        for change in params["contentChanges"]:
            start, end = change["range"]["start"], change["range"]["end"]
            place = (start["line"], start["character"], end["line"], end["character"])
            if not all(type(number) is int for number in place) or not isinstance(change["text"], str):
                return None
            changes.append((*place, change["text"]))
    except (TypeError, KeyError):
        return None
    return changes
