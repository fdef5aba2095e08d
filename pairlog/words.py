"""Words that are to be found wherever they are copied to: runs of at least 5 letters or digits."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterable, Iterator

WORD = re.compile(r"[^\W_]{5,}")


def words(text: str) -> list[str]:
    """The words in a text."""
    return WORD.findall(text)


class Words:
    """A set of words, found inside longer ones too."""

    def __init__(self, common: Iterable[str] = ()) -> None:
        """No words yet; those that are in one of `common` will never be."""
        self._common = "\n".join(common)
        #: The words.
        self.all: set[str] = set()
        self._lengths: list[int] = []
        #: Words that were looked at before.
        self._seen: set[str] = set()

    def add(self, found: Iterable[str]) -> bool:
        """Take words in, but for those that are common. Returns whether there are more of them now."""
        before = len(self.all)
        for word in found:
            if word not in self._seen:
                self._seen.add(word)
                if word not in self._common:
                    self.all.add(word)
                    if len(word) not in self._lengths:
                        insort(self._lengths, len(word))
        return len(self.all) > before

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they are, as starts and ends in code points; they may overlap."""
        if not self.all:
            return
        for match in WORD.finditer(text):
            found = match[0]
            for length in self._lengths:
                for at in range(len(found) - length + 1):
                    if found[at : at + length] in self.all:
                        yield match.start() + at, match.start() + at + length
