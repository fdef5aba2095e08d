"""The inline completions that are shown, to know them again when one is taken."""

from __future__ import annotations

from typing import NamedTuple

from lsp_server.causes.hunk import Hunk
from pairlog.document import split_lines


class _Offer(NamedTuple):
    id: str
    line: int
    column: int
    text: str


class Offers:
    """The last text that was shown in each document, by its number."""

    def __init__(self) -> None:
        self._shown: dict[int, _Offer] = {}

    def show(self, doc: int, id: str, line: int, column: int, text: str) -> None:  # noqa: A002
        """A text is shown at a place, in code points: it would be put in there."""
        self._shown[doc] = _Offer(id, line, column, text)

    def withdraw(self, id: str) -> None:  # noqa: A002
        """It is shown no more."""
        self._shown = {doc: offer for doc, offer in self._shown.items() if offer.id != id}

    def taken(self, doc: int, hunk: Hunk) -> str | None:
        """The id of the completion that this put in, whole, or what was left of it, or the next part of it.

        A single letter is none: it was typed through.
        """
        offer = self._shown.get(doc)
        if offer is None or len(hunk.inserted) < 2:
            return None
        for start in _starts(offer.text, hunk.inserted):
            rows = split_lines(offer.text[:start])
            line = offer.line + len(rows) - 1
            column = len(rows[-1]) + (offer.column if len(rows) == 1 else 0)
            if (line, column) == (hunk.line, hunk.column):
                return offer.id
        return None


def _starts(text: str, part: str) -> list[int]:
    found, at = [], text.find(part)
    while at >= 0:
        found.append(at)
        at = text.find(part, at + 1)
    return found
