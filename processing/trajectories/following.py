"""Follows a place where one of two suggestions was shown: how much of each somebody writes there."""

from __future__ import annotations

from collections.abc import Sequence

from pairlog.events import Change, Position, PositionEncoding
from pairlog.suggestion import SECONDS_MAX, Suggestion, What
from processing.trajectories.preference import Written


class Text:
    """One text at its place, followed as the recorder follows one that was shown."""

    def __init__(self, text: str, position: Position, encoding: PositionEncoding) -> None:
        self._suggestion = Suggestion(text, *position, encoding)
        self._is_exact = True
        self._seq = 0

    def edit(self, changes: Sequence[Change], seq: int) -> bool:
        """Follow an edit; returns whether it left the place."""
        it = self._suggestion
        before = it.matched
        # How much came at once matters not here: what stands there does.
        effect = it.edit(changes, is_explained=True)
        if it.matched > before:
            self._seq = seq
        goes_on = it.written.startswith(it.text)
        self._is_exact = self._is_exact and (goes_on or it.text.startswith(it.written))
        return effect.what is What.LEFT

    def holds(self, line: int, column: int) -> bool:
        """Whether the cursor is still where it was written."""
        return self._suggestion.holds(line, column)

    def written(self) -> Written | None:
        """What stands there of it: all, or a beginning that is no chance; None for less.

        A longer word than its last one is another word.
        """
        it = self._suggestion
        is_whole = it.matched == len(it.text) and not _goes_on(it.text, it.written[len(it.text) :])
        part = it.text if is_whole else it.left()
        return Written(text=part, whole=is_whole, exact=self._is_exact, seq=self._seq) if part else None


class Place:
    """Two texts at one place, from when the first was shown until somebody goes elsewhere.

    Each is followed by itself: what goes on as the one does leaves the other.
    """

    def __init__(self, shown: Text, rival: Text, t: int) -> None:
        self._followed = [shown, rival]
        self._t = t

    @property
    def is_over(self) -> bool:
        """Nothing more is followed here."""
        return not self._followed

    def edit(self, changes: Sequence[Change], seq: int, t: int) -> None:
        """Follow an edit of the document, `t` milliseconds after the session began."""
        self._rest(t)
        if any(change[2] < 0 for change in changes):
            self._followed = []
        self._followed = [text for text in self._followed if not text.edit(changes, seq)]

    def cursor(self, line: int, column: int, t: int) -> None:
        """The cursor stands here now."""
        self._rest(t)
        self._followed = [text for text in self._followed if text.holds(line, column)]

    def _rest(self, t: int) -> None:
        if t - self._t > SECONDS_MAX * 1000:
            self._followed = []
        self._t = t


def _goes_on(text: str, behind: str) -> bool:
    return f"_{text[-1:]}".isidentifier() and f"_{behind[:1]}".isidentifier() and behind != ""
