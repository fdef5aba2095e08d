"""One suggestion that was shown, and what becomes of it under edits: a pure state machine.

It watches the place where the suggestion stood: all that was written there since. That this is the text that
was shown, or how it begins, is what tells acceptance from typing on, and typing through from going another
way; how much came at once tells who wrote it. Editors say no more than that (docs/completions.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from pairlog.events import Change, PositionEncoding
from pairlog.spot import Side, Spot

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
    #: Text of it came at once in another way: by an undo or a redo, or as the editor says.
    OTHERWISE = "otherwise"
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
        self._spot = Spot(line, column, encoding)
        #: The first so many characters are told of as accepted, part by part.
        self._told = 0
        #: The first so many stood there by keys, or by parts that were accepted.
        self._made = 0

    @property
    def written(self) -> str:
        """What was written at its place since it was shown."""
        return self._spot.written

    @property
    def matched(self) -> int:
        """How many characters of the text stand at its place."""
        pairs = enumerate(zip(self.text, self.written, strict=False))
        differ = (at for at, (shown, written) in pairs if shown != written)
        return next(differ, min(len(self.text), len(self.written)))

    @property
    def rest(self) -> str:
        """What of the text was not told as accepted."""
        return self.text[self._told :]

    def rest_at(self, line: int, column: int) -> str | None:
        """What is still to be shown where somebody typed on inside it; None at another place or text."""
        if self.written == self.text or not self.text.startswith(self.written):
            return None
        at_end = self._spot.index(line, column) == len(self.written)
        return self.text[len(self.written) :] if at_end else None

    def holds(self, line: int, column: int) -> bool:
        """Whether a position lies where the suggestion was shown."""
        return self._spot.index(line, column) is not None

    def edit(
        self,
        changes: Sequence[Change],
        is_announced: bool = False,
        is_explained: bool = False,
        stood_before: Callable[[], bool] = lambda: False,
    ) -> Effect:
        """Follow an edit of its document, as a whole: what lies inside decides, what lies around moves it.

        `is_announced`: the editor said that the suggestion is being accepted; `is_explained`: it gave another
        reason for the edit; `stood_before`: whether the document had this text before, which is asked only
        where the edit looks like an acceptance.
        """
        before, spot = self.matched, self._spot
        sides, inside = set(), []
        for change in changes:
            side, spot = spot.follow(change)
            sides.add(side)
            if side is Side.INSIDE:
                inside.append(change[4])
        if Side.ACROSS in sides:
            return Effect(What.LEFT)
        if not inside and (sides - {Side.ABOVE} or _is_key("".join(change[4] for change in changes))):
            return Effect(What.LEFT)
        self._spot = spot
        if not inside:
            return _NOTHING
        return self._judge(before, "".join(inside), is_announced, is_explained, stood_before)

    def left(self) -> str | None:
        """It is over: the part that somebody typed; None where it was ignored.

        Empty where all that came of it was told already, as parts that were accepted.
        """
        part = self.text[self._told : min(self.matched, self._made)]
        if len(part.strip()) >= PART_CHARS_MIN:
            return part
        return "" if self._told else None

    def _judge(
        self,
        before: int,
        inserted: str,
        is_announced: bool,
        is_explained: bool,
        stood_before: Callable[[], bool],
    ) -> Effect:
        """What the text that came inside made of it."""
        after = self.matched
        is_whole = self.written == self.text
        if after > before and after == len(self.written):
            # An editor may put the whole text in the place of what was typed or taken of it before.
            is_all_again = before > 0 and inserted == self.text[:after]
            if is_announced or is_all_again or not _is_key(inserted):
                part = self.text[before:after]
                if is_explained or (not is_announced and stood_before()):
                    return Effect(What.OTHERWISE, part)
                self._told = self._made = after
                return Effect(What.ACCEPTED if is_whole else What.PART, part)
        self._made = max(self._made, after)
        if is_whole:
            return Effect(What.TYPED, self.rest)
        slip = self.written[after:]
        # What an editor puts behind the cursor by itself, such as a closing bracket, ends the text as well.
        goes_on = "\n" in slip and not self.text.endswith(slip)
        return Effect(What.LEFT) if goes_on or len(slip) > _SLIP_CHARS_MAX else _NOTHING


def _is_key(inserted: str) -> bool:
    """Whether a single key brings this much."""
    return _KEY.fullmatch(inserted) is not None
