"""The comparisons of a session: one replay follows each place where one of two texts was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pairlog.causes import learned, unsaid
from pairlog.document import sha256
from pairlog.events import (
    Attribution,
    Close,
    Completion,
    Consent,
    Edit,
    Event,
    Forget,
    Gap,
    Open,
    Pause,
    Position,
    Select,
)
from pairlog.replay import Blobs, Player, Replayed
from pairlog.suggestion import OPEN_MAX
from processing.sessions.suggestions import DECISIONS
from processing.trajectories.following import Place, Text
from processing.trajectories.retention import Retention

#: What these bring to a place is not what somebody wrote there.
_OTHERS = frozenset({"format", "refactor", "agent", "external"})


@dataclass
class Comparison:
    """A suggestion that was shown, its rival, and what a replay finds out about both.

    `asked` is the line that asked, `sha256` that of the text which it asked about; `rival` the line with the
    text that was not shown, None where none came. `has_texts`: the lines bear texts, not their sizes.
    """

    event: Completion
    encoding: str
    has_texts: bool
    rival_model: str | None = None
    rival: Completion | None = None
    asked: int | None = None
    path: str | None = None
    language: str | None = None
    sha256: str | None = None
    texts: tuple[Text, Text] | None = None
    place: Place | None = None
    decisions: list[Completion] = field(default_factory=list)
    kept: float | None = None


def comparisons(events: Sequence[Event], blobs: Blobs) -> list[Comparison]:
    """All suggestions that were shown in the place of a rival, in their order."""
    return _Replay(events, blobs).played()


class _Replay:
    """One replay of a session."""

    def __init__(self, events: Sequence[Event], blobs: Blobs) -> None:
        self._events = events
        self._retention = Retention()
        self._player = Player(blobs, self._retention.observe)
        self._late = learned(events)
        told = [it for it in events if isinstance(it, Completion) and it.phase == "requested"]
        #: The line that asked, and the one with the text of one that was not shown.
        self._asked = {it.id: it for it in reversed(told) if it.text is None}
        self._rivals = {it.id: it for it in told if it.text is not None}
        #: SHA-256 of the text that was asked about, for each that was shown beside a rival.
        self._hashes: dict[str, str] = {}
        shown = (it for it in events if isinstance(it, Completion) and it.phase == "shown")
        self._wanted = {it.id for it in shown if it.rival is not None}
        self._found: dict[str, Comparison] = {}
        self._open: dict[int, list[Comparison]] = {}

    def played(self) -> list[Comparison]:
        """All comparisons, once the session was played to its end."""
        for event in self._events:
            self._retention.doc, self._retention.owner = getattr(event, "doc", None) or 0, None
            if isinstance(event, Edit):
                self._edit(event)
            before = self._player.documents.get(event.doc) if isinstance(event, Open) else None
            self._player.feed(event)
            if isinstance(event, Completion):
                self._hear(event)
            elif isinstance(event, Select):
                for it in self._open.get(event.doc, ()):
                    if it.place is not None and event.selections:
                        it.place.cursor(*event.selections[0][2:4], event.t)
            elif isinstance(event, (Open, Close)):
                self._open.pop(event.doc, None)
            elif isinstance(event, (Gap, Forget, Pause, Consent)):
                live = {it.doc for it in self._player.documents.values() if it.live}
                self._open = {doc: here for doc, here in self._open.items() if doc in live}
            if isinstance(event, Open) and before is not None:
                self._retention.rebase(before.document.text, self._player.documents[event.doc].document.text)
        shares = self._retention.shares()
        for it in self._found.values():
            it.kept = shares.get(it.event.seq)
        return list(self._found.values())

    def _edit(self, event: Edit) -> None:
        late: Edit | Attribution = self._late.get(event.seq, event)
        cause = late.cause or unsaid(self._player.header)
        taken = self._found.get(late.ref or "")
        if cause == "completion" and taken is not None:
            self._retention.owner = taken.event.seq
        if cause in _OTHERS:
            self._open.pop(event.doc, None)
        here = self._open.get(event.doc, [])
        for it in here:
            if it.place is not None:
                it.place.edit(event.changes, event.seq, event.t)
        if here:
            self._open[event.doc] = [it for it in here if it.place is not None and not it.place.is_over]

    def _hear(self, event: Completion) -> None:
        if event.id not in self._wanted:
            return
        replayed = self._player.documents.get(event.doc) if event.doc is not None else None
        if event.phase in DECISIONS and event.id in self._found:
            self._found[event.id].decisions.append(event)
        elif event.phase == "requested" and event.text is None and replayed is not None and replayed.live:
            self._hashes.setdefault(event.id, sha256(replayed.document.text))
        elif event.phase == "shown" and event.rival is not None and event.id not in self._found:
            self._found[event.id] = self._begun(event, event.rival, replayed)

    def _begun(self, event: Completion, rival: str, replayed: Replayed | None) -> Comparison:
        asked, other = self._asked.get(event.id), self._asked.get(rival)
        text = self._rivals.get(rival)
        made = Comparison(event, self._player.encoding, self._player.has_texts)
        made.asked, made.sha256 = asked.seq if asked else None, self._hashes.get(event.id)
        made.rival = text
        made.rival_model = next((it.model for it in (text, other) if it is not None), None)
        if replayed is not None:
            made.path, made.language = replayed.path, replayed.language
            if replayed.live and event.position is not None and event.text and text is not None and text.text:
                self._follow(made, event.position, event.text, text.text)
        return made

    def _follow(self, made: Comparison, position: Position, shown: str, rival: str) -> None:
        encoding, doc = self._player.encoding, made.event.doc
        assert doc is not None
        made.texts = Text(shown, position, encoding), Text(rival, position, encoding)
        made.place = Place(*made.texts, made.event.t)
        self._open[doc] = [*self._open.get(doc, []), made][-OPEN_MAX:]
