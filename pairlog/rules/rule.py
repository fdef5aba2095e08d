"""A rule: the words without which its pattern is not tried, and what is accepted of what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern

Accept = Callable[["re.Match[str]", int], bool]


class Rule:
    """A pattern behind keywords.

    `group` is the one that holds the secret, None for the first that matched. `accept` gets the match and the
    number of the group that holds the secret.
    """

    def __init__(
        self,
        name: str,
        pattern: str,
        keywords: tuple[str, ...],
        group: int | None,
        accept: Accept | None = None,
    ) -> None:
        self.name = name
        self.keywords = keywords
        self.pattern = Pattern(pattern)
        self._group = group
        self._accept = accept

    def find(self, text: str) -> Iterator[Finding]:
        """What is found in the text, whether a keyword stands there or not."""
        for match in self.pattern.compiled.finditer(text):
            group = self._group
            if group is None:
                group = next((number for number, part in enumerate(match.groups(), 1) if part), 0)
            start, end = match.span(group)
            if start < end and (self._accept is None or self._accept(match, group)):
                yield Finding(start, end, self.name)
