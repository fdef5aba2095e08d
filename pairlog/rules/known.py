"""Secrets found so far, looked for by the letter: where they turn up again, whatever stands around them."""

from __future__ import annotations

from pairlog.rules.finding import Finding, merged
from pairlog.rules.values import entropy

_LENGTH_MIN = 8
_COUNT_MAX = 1000
#: As many are looked for one by one in the time that it takes to look at every place of a line.
_FEW = 64


class Known:
    """The last 1,000 values; only what cannot be a word: mixed characters, or much chance and a digit."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        # Values by how they begin: the cost of a line does not grow with their number.
        self._by_head: dict[str, list[str]] = {}

    def add(self, value: str) -> None:
        """Remember a value that a rule for secrets found; what could be a word is not."""
        value = value.strip()
        if len(value) < _LENGTH_MIN or "\n" in value or not _is_distinct(value):
            return
        if value in self._values:
            self._forget(value)
        self._values[value] = None
        self._by_head.setdefault(value[:_LENGTH_MIN], []).append(value)
        if len(self._values) > _COUNT_MAX:
            self._forget(next(iter(self._values)))

    def find(self, text: str) -> list[Finding]:
        """Where values that are known stand in a text."""
        found = []
        for value in self._in(text):
            at = text.find(value)
            while at >= 0:
                found.append(Finding(at, at + len(value), "known"))
                at = text.find(value, at + len(value))
        return merged(found) if found else found

    def _in(self, text: str) -> list[str]:
        """The values that stand in a text."""
        if len(self._values) <= _FEW:
            return [value for value in self._values if value in text]
        heads = {text[at : at + _LENGTH_MIN] for at in range(len(text) - _LENGTH_MIN + 1)}
        return [
            value for head in heads & self._by_head.keys() for value in self._by_head[head] if value in text
        ]

    def _forget(self, value: str) -> None:
        del self._values[value]
        head = value[:_LENGTH_MIN]
        self._by_head[head].remove(value)
        if not self._by_head[head]:
            del self._by_head[head]


def _is_distinct(value: str) -> bool:
    classes = {0 if it.islower() else 1 if it.isupper() else 2 if it.isdigit() else 3 for it in value}
    return len(classes) >= 3 or (2 in classes and entropy(value) >= 3.5)
