"""What a model gets to see: the text around the cursor, cut to size, its secrets masked; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pairlog.document import Document
from pairlog.position import index
from pairlog.rules import Finding


class Context(NamedTuple):
    """The text before and behind the cursor, and the language of the document."""

    prefix: str
    suffix: str
    language: str | None

    def masked(self, find: Callable[[str], Iterable[Finding]]) -> Context:
        """The same with `*` in the place of what is found, as lines leave for a collector.

        Both texts are looked at as the one that they are, so that a secret around the cursor is one.
        """
        text = self.prefix + self.suffix
        characters = list(text)
        for found in find(text):
            for at in range(found.start, found.end):
                if characters[at] not in "\r\n":
                    characters[at] = "*"
        cut = len(self.prefix)
        return self._replace(prefix="".join(characters[:cut]), suffix="".join(characters[cut:]))


def context_at(
    document: Document,
    line: int,
    column: int,
    language: str | None,
    prefix_max: int,
    suffix_max: int,
) -> Context | None:
    """The text around a position of the wire, at most so many characters of it; None beyond the text.

    Costs what is taken, whatever the document's size. A line that is cut at the far end stays in part.
    """
    lines = document.lines
    if not 0 <= line < len(lines):
        return None
    here = lines[line]
    at = index(here.rstrip("\r\n"), column, document.encoding)
    before, behind = [here[:at]], [here[at:]]
    size, number = at, line - 1
    while number >= 0 and size < prefix_max:
        before.append(lines[number])
        size += len(lines[number])
        number -= 1
    size, number = len(here) - at, line + 1
    while number < len(lines) and size < suffix_max:
        behind.append(lines[number])
        size += len(lines[number])
        number += 1
    prefix = "".join(reversed(before))
    return Context(prefix[max(0, len(prefix) - prefix_max) :], "".join(behind)[:suffix_max], language)
