"""The suggestions that were shown and are not decided yet: follows the edits of their documents and tells.

An edit that takes a suggestion gets its cause here, through the recorder's own door for causes and ahead of
its line. What the editor says of an acceptance comes a moment behind the edit, so `accepted` waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lsp_server.recording.recorder import Recorder
from pairlog.events import Attribution, Change, Completion, CompletionPhase, Evidence
from pairlog.suggestion import OPEN_MAX, SECONDS_MAX, Suggestion, What

#: The name of the inference: the text of an edit is the one that was shown.
RULE = "shown_text"
#: The editor's word on an acceptance comes within this.
_WORD_SECONDS_MAX = 1.0


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
class _Decided:
    """What an edit did, before the editor had its say."""

    shown: Shown
    phase: CompletionPhase
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
        self._decided: _Decided | None = None

    def show(self, shown: Shown) -> None:
        """A suggestion was shown."""
        here = self._open.setdefault(shown.uri, [])
        here.append(shown)
        if len(here) > OPEN_MAX:
            self._leave(here[0])

    def rest_at(self, uri: str, line: int, column: int) -> tuple[Shown, str] | None:
        """The suggestion that somebody types on inside, the newest one, and the rest of its text."""
        for shown in reversed(self._open.get(uri, ())):
            rest = shown.suggestion.rest_at(line, column)
            if rest:
                return shown, rest
        return None

    # -- what the editor does ---------------------------------------------------------------------------

    def did_change(self, recorder: Recorder, params: Any) -> None:
        """Record an edit, with its cause where it takes a suggestion, and tell what it did."""
        if not self._open and self._decided is None:
            recorder.did_change(params)
            return
        self.settle()
        uri = _uri_of(params)
        here = self._open.get(uri)
        if not here:
            recorder.did_change(params)
            return
        doc = recorder.documents.find(uri)
        changes = _changes_of(params)
        if doc is None or changes is None:
            recorder.did_change(params)
            self.leave(uri)
            return
        effects = []
        for shown in reversed(here):
            effect = shown.suggestion.edit(changes, shown.is_announced, doc.cause is not None)
            effects.append((shown, effect))
            if effect.what in (What.ACCEPTED, What.PART):
                self._explain(recorder, shown)
                break
        seq = recorder.next
        recorder.did_change(params)
        for shown, effect in effects:
            if effect.what is What.PART:
                self._tell(shown, "partly_accepted", effect.part)
                shown.since = self._now()
            elif effect.what is What.ACCEPTED:
                self._decide(shown, "accepted", effect.part, seq)
            elif effect.what is What.TYPED:
                self._decide(shown, "typed_through", effect.part, seq)
            elif effect.what is What.LEFT:
                self._leave(shown)
            else:
                shown.since = self._now()
        if any(effect.what in (What.ACCEPTED, What.PART) for _, effect in effects):
            for other in [it for it in here if it is not effects[-1][0]]:
                self._leave(other)

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
        decided = self._decided
        if decided is not None and decided.shown.id == name:
            self._decided = None
            if decided.phase != "accepted" and self._is_current(decided.shown):
                decided.shown.recorder.event(
                    Attribution, of=decided.seq, cause="completion", evidence="reported", ref=name
                )
            self._tell(decided.shown, "accepted", decided.part, "reported")
            return
        for shown in self._all():
            shown.is_announced = shown.is_announced or shown.id == name

    def rejected(self, uri: str) -> None:
        """The editor says that somebody turned away what is shown in a document."""
        here = self._open.get(uri)
        if here:
            newest = here[-1]
            self._drop(newest)
            self._tell(newest, "rejected", None, "reported")

    def leave(self, uri: str) -> None:
        """Nothing more can become of what was shown in a document."""
        for shown in list(self._open.get(uri, ())):
            self._leave(shown)

    def tick(self) -> None:
        """Once a second: what nothing happened to for long is over."""
        now = self._now()
        if self._decided is not None and now - self._decided.since > _WORD_SECONDS_MAX:
            self.settle()
        for shown in self._all():
            if now - shown.since > SECONDS_MAX:
                self._leave(shown)

    def end(self) -> None:
        """The session ends: all that is open is over."""
        self.settle()
        for shown in self._all():
            self._leave(shown)

    def settle(self) -> None:
        """The editor had its time to say more of the last edit."""
        decided, self._decided = self._decided, None
        if decided is not None:
            self._tell(decided.shown, decided.phase, decided.part)

    # -- telling ----------------------------------------------------------------------------------------

    def _explain(self, recorder: Recorder, shown: Shown) -> None:
        cause: dict[str, Any] = {"type": "cause", "uri": shown.uri, "cause": "completion", "ref": shown.id}
        if shown.is_announced:
            cause["evidence"] = "reported"
        else:
            cause |= {"evidence": "inferred", "rule": RULE}
        recorder.observe(cause)

    def _decide(self, shown: Shown, phase: CompletionPhase, part: str, seq: int) -> None:
        self._drop(shown)
        if shown.is_announced:
            self._tell(shown, phase, part, "reported")
            return
        self.settle()
        self._decided = _Decided(shown, phase, part, seq, self._now())

    def _leave(self, shown: Shown) -> None:
        self._drop(shown)
        part = shown.suggestion.left()
        if part is None:
            self._tell(shown, "ignored", None)
        elif part:
            self._tell(shown, "typed_through", part)

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
