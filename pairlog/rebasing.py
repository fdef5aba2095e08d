"""Which documents need an `open` behind lines that are taken away, and the room for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pairlog.events import Close, Edit, Event, Forget, Gap, Open, Rename, Save
from pairlog.replay import Replayed


@dataclass(frozen=True)
class Needs:
    """Documents that lines refer to before they open them.

    `text`: they change or save them; `number`: they close, rename or save them, or change them.
    """

    text: frozenset[int]
    number: frozenset[int]


def end_of(event: Event) -> int:
    """The last seq that a line stands for."""
    through = event.through if isinstance(event, (Gap, Forget)) else None
    return event.seq if through is None else through


def needs(events: Iterable[Event]) -> Needs:
    """What lines need to know of documents."""
    opened: set[int] = set()
    text: set[int] = set()
    number: set[int] = set()
    for event in events:
        if isinstance(event, Open):
            opened.add(event.doc)
        elif isinstance(event, (Edit, Save, Close, Rename)) and event.doc not in opened:
            number.add(event.doc)
            if isinstance(event, Edit) or (isinstance(event, Save) and event.sha256 is not None):
                text.add(event.doc)
    return Needs(frozenset(text), frozenset(number))


def needed(rest: Sequence[Event], known_before: frozenset[int], documents: dict[int, Replayed]) -> list[int]:
    """The documents that need an `open` before `rest`; `documents` as they are before it."""
    wanted = needs(rest)
    live = {doc for doc, replayed in documents.items() if replayed.live}
    return sorted((wanted.text & live) | ((wanted.number - known_before) & documents.keys()))


class Openings:
    """The last `open` and the version of each document."""

    def __init__(self) -> None:
        self._opens: dict[int, Open] = {}
        self._versions: dict[int, int] = {}

    def feed(self, event: Event) -> None:
        """Take in the next event."""
        if isinstance(event, Open):
            self._opens[event.doc] = event
            self._versions[event.doc] = event.version or 0
        elif isinstance(event, Edit):
            following = self._versions.get(event.doc, 0) + 1
            self._versions[event.doc] = following if event.version is None else event.version

    def again(self, replayed: Replayed, seq: int, t: int, text: str | None) -> Open:
        """The `open` that tells a document anew behind what was forgotten."""
        return replace(
            self._opens[replayed.doc],
            seq=seq,
            t=t,
            path=replayed.path,
            language=replayed.language,
            why="after_forget",
            source="editor",
            version=self._versions[replayed.doc],
            text=text,
            blob=None,
        )
