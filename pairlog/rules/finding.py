"""One place that a rule found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Finding(NamedTuple):
    """Characters that are to be masked, in code points of the text, and the id of the rule that says so."""

    start: int
    end: int
    rule: str


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted and without overlaps: what overlaps becomes one, named by the one that begins first."""
    made: list[Finding] = []
    for found in sorted(findings, key=lambda it: (it.start, -it.end)):
        if made and found.start < made[-1].end:
            last = made[-1]
            made[-1] = Finding(last.start, max(last.end, found.end), last.rule)
        else:
            made.append(found)
    return made
