"""What a session holds, as far as people look for sessions by it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pairlog.events import Completion, Event, Open, Test
from pairlog.line import decode

#: Lines without any of these words are no such event.
_NOTABLE = re.compile(rb'"(?:open|test|completion)"')


@dataclass(frozen=True)
class Facts:
    """The languages of a session's documents, and whether it has results of tests, and completions."""

    languages: frozenset[str] = frozenset()
    has_tests: bool = False
    has_completions: bool = False

    def columns(self) -> dict[str, Any]:
        """The columns of a session's row that hold them."""
        return {
            "languages": joined(self.languages),
            "has_tests": self.has_tests,
            "has_completions": self.has_completions,
        }


NOTHING = Facts()


def joined(languages: Iterable[str]) -> str:
    """Languages as their column holds them, `,python,rust,`: a name between commas is found whole."""
    names = sorted(languages)
    return f",{','.join(names)}," if names else ""


def split(languages: str) -> frozenset[str]:
    """The languages of a column."""
    return frozenset(name for name in languages.split(",") if name)


def of_events(events: Iterable[Event], before: Facts = NOTHING) -> Facts:
    """The facts of events, in addition to those known before."""
    languages, has_tests, has_completions = set(before.languages), before.has_tests, before.has_completions
    for event in events:
        if isinstance(event, Open):
            # A name that would not come out of the column again is none that an editor gives.
            if event.language and "," not in event.language and event.language.isprintable():
                languages.add(event.language)
        elif isinstance(event, Test):
            has_tests = True
        elif isinstance(event, Completion):
            has_completions = True
    return Facts(frozenset(languages), has_tests, has_completions)


def of_lines(lines: Iterable[bytes]) -> Facts:
    """The facts of stored lines."""
    return of_events(decode(line) for line in lines if _NOTABLE.search(line))
