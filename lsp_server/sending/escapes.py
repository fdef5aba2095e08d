"""Text without its escapes, for whoever looks for words in it: strings of JSON in a text, colours; pure."""

from __future__ import annotations

import re
from typing import NamedTuple

#: A line break, a tab or a quote in a string of source code or JSON, escaped once or several times; a colour.
_ESCAPED = re.compile(r"""\\+["'nrt]|\x1b\[[\d;?]*[A-Za-z]""")
_MEANT = {"n": "\n", "r": "\n", "t": "\t"}


class Plain(NamedTuple):
    """A text as it is meant, and for each of its characters where that is written in the other one."""

    text: str
    places: list[int]

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where these characters, one or more, are written."""
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> Plain | None:
    """The text as it is meant; None where it has no escapes."""
    if "\\" not in text and "\x1b" not in text:
        return None
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for match in _ESCAPED.finditer(text):
        start, end = match.span()
        parts.append(text[at:start])
        places += range(at, start)
        if text[start] == "\\":
            parts.append(_MEANT.get(text[end - 1], text[end - 1]))
            places.append(end - 1)
        at = end
    if not at:
        return None
    parts.append(text[at:])
    places += range(at, len(text))
    return Plain("".join(parts), places)
