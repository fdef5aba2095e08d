"""One suggestion that was shown, and what becomes of it under edits: a pure state machine.

It watches the place where the suggestion stood: all that was written there since. That this is the text that
was shown, or how it begins, is what tells acceptance from typing on, and typing through from going another
way; how much came at once tells who wrote it. Editors say no more than that (docs/completions.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from pairlog.document import split_lines
from pairlog.events import Change, PositionEncoding
from pairlog.position import index, units

#: What an editor adds to a single key: the other bracket or quote, and the indentation of a new line.
_KEY = re.compile(r"""[^\r\n]|\(\)|\[\]|\{\}|""|''|``|(?:\r\n?|\n)[ \t]*(?:(?:\r\n?|\n)[ \t]*)?""")
#: Whoever writes so much else at this place has gone another way.
_SLIP_CHARS_MAX = 20
#: Fewer letters than this in common are no sign that somebody wrote what was shown.
PART_CHARS_MIN = 3
#: A suggestion that nothing happened to for so long is over.
SECONDS_MAX = 120.0
#: What was shown before, and left by a slip, may still be typed; so many of a document are followed.
OPEN_MAX = 4


class What(Enum):
    """What an edit did to a suggestion."""

    #: It stands as before, or somebody types on inside it.
    NOTHING = "nothing"
    #: All of it, or the rest, was taken at once.
    ACCEPTED = "accepted"
    #: A part of it was taken at once.
    PART = "part"
    #: All of it stands there now, key by key.
    TYPED = "typed"
    #: Somebody writes elsewhere, or something else.
    LEFT = "left"


class Effect(NamedTuple):
    """What an edit did, and the part of the text that it was done with."""

    what: What
    part: str = ""


_NOTHING = Effect(What.NOTHING)


class Suggestion:
    """A text shown at a position of the wire, as long as it is not decided what became of it."""

    def __init__(self, text: str, line: int, column: int, encoding: PositionEncoding) -> None:
        self.text = text
        #: What was written at its place since it was shown.
        self.written = ""
        self._line = line
        self._column = column
        self._encoding = encoding
        #: The first so many characters are told of as accepted, part by part.
        self._told = 0

    @property
    def matched(self) -> int:
        """How many characters of the text stand at its place."""
        pairs = enumerate(zip(self.text, self.written, strict=False))
        differ = (at for at, (shown, written) in pairs if shown != written)
        return next(differ, min(len(self.text), len(self.written)))

    def rest_at(self, line: int, column: int) -> str | None:
        """What is still to be shown where somebody typed on inside it; None at another place or text."""
        if self.written == self.text or not self.text.startswith(self.written):
            return None
        return self.text[len(self.written) :] if self._index(line, column) == len(self.written) else None

    def holds(self, line: int, column: int) -> bool:
        """Whether a position lies where the suggestion was shown."""
        return self._index(line, column) is not None

    def edit(
        self, changes: Sequence[Change], is_announced: bool = False, is_explained: bool = False
    ) -> Effect:
        """Follow an edit of its document.

        `is_announced`: the editor said that the suggestion is being accepted; `is_explained`: it gave another
        reason for the edit.
        """
        before = self.matched
        for line, column, end_line, end_column, text in changes:
            start, end = self._index(line, column), self._index(end_line, end_column)
            if start is None or end is None or start > end:
                return Effect(What.LEFT)
            self.written = self.written[:start] + text + self.written[end:]
        after = self.matched
        is_whole = self.written == self.text
        if not is_explained and after > before and after == len(self.written):
            inserted = "".join(change[4] for change in changes)
            # An editor may put the whole text in the place of what was typed or taken of it before.
            is_all_again = before > 0 and inserted == self.text[:after]
            if is_announced or is_all_again or not _is_key(inserted):
                part, self._told = self.text[before:after], after
                return Effect(What.ACCEPTED if is_whole else What.PART, part)
        if is_whole:
            return Effect(What.TYPED, self.text[self._told :])
        slip = self.written[after:]
        # What an editor puts behind the cursor by itself, such as a closing bracket, ends the text as well.
        goes_on = "\n" in slip and not self.text.endswith(slip)
        return Effect(What.LEFT) if goes_on or len(slip) > _SLIP_CHARS_MAX else _NOTHING

    def left(self) -> str | None:
        """It is over: the part that somebody typed; None where it was ignored.

        Empty where all that came of it was told already, as parts that were accepted.
        """
        part = self.text[self._told : self.matched]
        if len(part.strip()) >= PART_CHARS_MIN:
            return part
        return "" if self._told else None

    def _index(self, line: int, column: int) -> int | None:
        """Where in what was written a position of the wire lies; None outside of it."""
        lines = split_lines(self.written)
        number = line - self._line
        if not 0 <= number < len(lines):
            return None
        if number == 0:
            column -= self._column
        body = lines[number].rstrip("\r\n")
        if not 0 <= column <= units(body, self._encoding):
            return None
        return sum(map(len, lines[:number])) + index(body, column, self._encoding)


def _is_key(inserted: str) -> bool:
    """Whether a single key brings this much."""
    return _KEY.fullmatch(inserted) is not None
