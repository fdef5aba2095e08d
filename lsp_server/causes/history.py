"""The undo model: the states that a document was in, known again by a fingerprint.

Editors group what one undo takes back in ways of their own (a word, all that was typed in a row, twenty
letters), and send it as one change or as many. Whatever they do, an undo leads back to a state that was
there before, and a redo forward again. The fingerprint of a state is the sum of the hashes of its lines, less
that of the first state: an edit costs what its own lines cost. Two orders of the same lines are one state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from lsp_server.causes.hunk import Hunk, apply
from pairlog.document import Document, split_lines
from pairlog.events import Change
from pairlog.position import units

#: States that are kept, at least.
STATES_MIN = 4096
#: In place of the line of text of an edit that lies in many.
_MANY = -1
#: A state that was there more often (a letter typed and removed again and again) is looked up no deeper.
_SAME_MAX = 64

Way = Literal["undo", "redo"]


class Step(NamedTuple):
    """A way to a state that was there before: the edits that it takes back or forth, the state's number."""

    way: Way
    edits: int
    place: int


class History:
    """One open document and the states that it was in."""

    __slots__ = (
        "_at",
        "_first",
        "_last",
        "_latest",
        "_lines",
        "_same",
        "_starts",
        "_states",
        "_way",
        "document",
        "is_calm",
        "saved",
    )

    def __init__(self, document: Document) -> None:
        self.document = document
        #: The document stands in its newest state: nothing was undone since it was typed in.
        self.is_calm = True
        #: The fingerprint of the text on disk.
        self.saved = 0
        self._states = [0]
        #: For each state, where the same one stood before it; -1: never.
        self._same = [-1]
        #: The line of text that led to each state.
        self._lines = [0]
        #: Where the edit that led to a state begins, in code points; not for keys, and not for many places.
        self._starts: dict[int, tuple[int, int]] = {}
        #: Where each state stood last. States are counted from the first one ever, `_first` are gone.
        self._latest = {0: 0}
        self._first = 0
        self._at = 0
        self._way: Way | None = None
        self._last: Change | None = None

    @property
    def now(self) -> int:
        """The fingerprint of the text as it stands."""
        return self._states[self._at - self._first]

    @property
    def caret(self) -> tuple[int, int] | None:
        """Where the last edit ended: line and code point; None before the first edit."""
        if self._last is None:
            return None
        line, column, _, _, text = self._last
        rows = split_lines(text)
        width = units(rows[-1], self.document.encoding)
        place = line + len(rows) - 1, width + (column if len(rows) == 1 else 0)
        return self.document.span((*place, *place, ""))[:2]

    def take_key(self, changes: Sequence[Change]) -> bool:
        """Apply a letter that was put in, which nobody needs to ask why; False for everything else."""
        if not self.is_calm or len(changes) != 1:
            return False
        line, column, end_line, end_column, text = changes[0]
        if column != end_column or line != end_line or len(text) != 1 or line < 0 or text in "\r\n":
            return False
        lines = self.document.lines
        if line >= len(lines):
            return False
        old = lines[line]
        self.document.apply(changes)
        self._last = changes[0]
        self._add(self._states[-1] + hash(lines[line]) - hash(old), line)
        return True

    def apply(self, changes: Sequence[Change]) -> tuple[list[Hunk], int]:
        """Apply any changes; returns what they did and the fingerprint that the text has now.

        Whether that is a step back, forward or another state is for `step` and `settle`.
        """
        hunks = []
        state = self.now
        lines = self.document.lines
        for change in changes:
            line, _, end_line, _ = self.document.span(change)
            # The line before may end in CR and win its LF here.
            first, last, count = max(line - 1, 0), end_line + 2, len(lines)
            state -= sum(map(hash, lines[first:last]))
            hunk = apply(self.document, change)
            state += sum(map(hash, lines[first : last + len(lines) - count]))
            if hunk is not None:
                hunks.append(hunk)
        if changes:
            self._last = changes[-1]
        return hunks, state

    def step(self, state: int, hunks: Sequence[Hunk]) -> Step | None:
        """The way to a state that was there before, where an edit that does this is a way back to it.

        The state alone does not tell: a stretch that was cut, and put in elsewhere, makes the same lines. So
        the edit lies where those lie that it takes back or forth; where that is one, both begin at one place.
        """
        if state == self.now:
            return None
        back = forth = None
        place = self._latest.get(state, -1)
        for _ in range(_SAME_MAX):
            if place < self._first:
                break
            if place > self._at:
                forth = place
            elif place < self._at:
                back = place
                break
            place = self._same[place - self._first]
        way: Way
        if forth is not None and (back is None or self._prefers_forth(forth, back)):
            way, place = "redo", forth
        elif back is not None:
            way, place = "undo", back
        else:
            return None
        first, last = min(place, self._at) + 1 - self._first, max(place, self._at) + 1 - self._first
        touched, line, start = self._lines[first:last], _line_of(hunks), _start_of(hunks)
        begun = self._starts.get(max(place, self._at))
        if len(touched) == 1 and None not in (start, begun) and start != begun:
            return None
        is_there = _MANY in (line, *touched) or min(touched) - 1 <= line <= max(touched) + 1
        return Step(way, abs(place - self._at), place) if is_there else None

    def go(self, step: Step) -> None:
        """An undo or a redo went to a state."""
        self._at = step.place
        self._way = step.way
        self.is_calm = self._at == self._first + len(self._states) - 1

    def settle(self, state: int, hunks: Sequence[Hunk]) -> None:
        """Anything else, which did this, brought the text to this state."""
        line, start = _line_of(hunks), _start_of(hunks)
        if not self.is_calm:
            # What was undone is no part of the way that goes on from here.
            self._add(self.now, line)
        if state != self.now:
            self._add(state, line)
            if start is not None:
                self._starts[self._at] = start
        self._way = None
        self.is_calm = True

    def _prefers_forth(self, forth: int, back: int) -> bool:
        ahead, behind = forth - self._at, self._at - back
        return ahead < behind or (ahead == behind and self._way == "redo")

    def _add(self, state: int, line: int) -> None:
        self._at = at = self._first + len(self._states)
        self._states.append(state)
        self._lines.append(line)
        self._same.append(self._latest.get(state, -1))
        self._latest[state] = at
        if len(self._states) >= 2 * STATES_MIN:
            self._trim()

    def _trim(self) -> None:
        self._first += STATES_MIN
        del self._states[:STATES_MIN], self._same[:STATES_MIN], self._lines[:STATES_MIN]
        self._latest = {state: self._first + number for number, state in enumerate(self._states)}
        self._starts = {number: start for number, start in self._starts.items() if number >= self._first}


def _line_of(hunks: Sequence[Hunk]) -> int:
    return hunks[0].line if len({it.line for it in hunks}) == 1 else _MANY


def _start_of(hunks: Sequence[Hunk]) -> tuple[int, int] | None:
    return (hunks[0].line, hunks[0].column) if len(hunks) == 1 else None
