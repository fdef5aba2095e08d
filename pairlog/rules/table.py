"""Rules behind their keywords: which of them are worth trying on a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern
from pairlog.rules.rule import Rule


class Table:
    """Rules by keyword. One pattern says whether any stands in a text; only then each is looked for."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_keyword: dict[str, list[Rule]] = {}
        for rule in rules:
            for keyword in rule.keywords:
                self._by_keyword.setdefault(keyword, []).append(rule)
        self._any = Pattern(trie(self._by_keyword))

    def find(self, text: str, low: str) -> Iterator[Finding]:
        """What the rules find in a text; `low` is the text in lower case."""
        if self._any.compiled.search(low) is None:
            return
        tried = dict.fromkeys(
            rule for keyword, rules in self._by_keyword.items() if keyword in low for rule in rules
        )
        for rule in tried:
            yield from rule.find(text)


def trie(words: Iterable[str]) -> str:
    """A pattern that finds any of these words by their common beginnings, not one after the other."""
    heads: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""
        heads.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(head) + trie(rest) for head, rest in sorted(heads.items())]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
