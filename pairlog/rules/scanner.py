"""The scanner: every rule, applied to a line or a text, each only where it may find something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pairlog.rules import assigned, chance, gitleaks, own, pem, personal
from pairlog.rules.finding import Finding, merged
from pairlog.rules.pattern import Pattern
from pairlog.rules.table import Table, trie

#: A line longer than this is looked at in parts.
LINE_MAX = 4096
#: What is looked at on each side of the place that changed.
FOCUS = 2048
#: One of these stands in every line that the rules for secrets of any length may find something in.
_WORD = Pattern(
    trie(
        (
            *assigned.WORDS,
            "://",
            " --",
            " -p",
            " -u",
            " -w",
            " -a",
            "bearer",
            "basic ",
            "login ",
            "identified by",
            ":5432:",
            ":*:",
            "stdin",
        )
    )
)
#: Letters that a secret consists of; every rule of the second table asks for at least 14 of them in a row,
_RUN = Pattern(r"[\w+/=~.:%|@-]{14,}")
#: and chance puts a digit or four capitals among them (all but 1 in 400 of the shortest kinds).
_DIGIT = Pattern(r"\d")
_CAPITALS = Pattern(r"(?:[A-Z][^A-Z]*){4}")
#: One line that every part of the scanner looks at, and nothing is found in.
_SAMPLE = 'password = ""; x = "://a.b@c /home/ 1234-5678 ABCD_efgh_IJKL_mnop_0000"'


@cache
def _tables() -> tuple[Table, Table]:
    """The rules for secrets of any length, and those for secrets that `_RUN` finds."""
    return Table(own.short()), Table((*own.long(), *gitleaks.rules()))


class Scanner:
    """Finds secrets and personal data in text; the names of the user and the host are masked as words."""

    def __init__(self, user: str | None = None, host: str | None = None) -> None:
        names = [it for it in (user, host, (host or "").partition(".")[0]) if personal.is_name(it)]
        self._names = sorted({it.lower() for it in names if it}, key=len, reverse=True)
        words = "|".join(map(re.escape, self._names))
        self._name_pattern = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])")

    def prepare(self) -> None:
        """Compile what many lines need, once, so that the first ones cost what the others do."""
        self.find_in_line(_SAMPLE)

    def find(self, text: str) -> list[Finding]:
        """What is to be masked in one line or many: sorted, without overlaps, in code points."""
        found: list[Finding] = []
        at = 0
        for line in text.replace("\r", "\n").split("\n"):
            if len(line) <= LINE_MAX:
                found += [Finding(it.start + at, it.end + at, it.rule) for it in self._find(line)]
            else:
                for start in range(0, len(line), LINE_MAX):
                    part = self._find_between(line, start - FOCUS, start + LINE_MAX + FOCUS, None)
                    found += [Finding(it.start + at, it.end + at, it.rule) for it in part]
            at += len(line) + 1
        if "\n" in text and ("PRIVATE KEY" in text or "Private-" in text):
            found += pem.find(text)
        return merged(found) if found else found

    def find_in_line(self, line: str, focus: int | None = None) -> list[Finding]:
        """What is to be masked in a line; of a long one only what is near `focus` is looked at."""
        if len(line) <= LINE_MAX:
            found = self._find(line.rstrip("\r\n"))
        elif focus is None:
            return self.find(line)
        else:
            found = self._find_between(line, focus - FOCUS, focus + FOCUS, focus)
        return merged(found) if found else found

    def block(self, lines: Sequence[str], index: int) -> tuple[int, int] | None:
        """The body of the private key that line `index` belongs to: its first and last line."""
        return pem.block(lines, index)

    def _find_between(self, line: str, start: int, end: int, focus: int | None) -> list[Finding]:
        """What is found in a part of a line, but what the part's ends cut, unless it is at the focus."""
        start, end = max(0, start), min(end, len(line))
        found = [Finding(it.start + start, it.end + start, it.rule) for it in self._find(line[start:end])]
        return [
            it
            for it in found
            if ((it.start > start or start == 0) and (it.end < end or end == len(line)))
            or (focus is not None and it.start <= focus <= it.end)
        ]

    def _find(self, line: str) -> list[Finding]:
        low = line.lower()
        if len(low) != len(line):
            low = "".join(it if len(it.lower()) > 1 else it.lower() for it in line)
        # Of two rules that find the same, the first names it: those for one kind come first.
        found: list[Finding] = []
        is_long = self._has_long(line)
        if is_long:
            found += _tables()[1].find(line, low)
        if _WORD.compiled.search(low):
            found += _tables()[0].find(line, low)
            found += assigned.find(line, low)
        if is_long:
            found += chance.find(line)
        if "@" in line:
            found += personal.emails(line)
        if "/home/" in line or "users" in low:
            found += personal.homes(line)
        if personal.may_hold_number(line):
            found += personal.numbers(line)
        if self._names:
            found += self._named(low)
        return found

    @staticmethod
    def _has_long(line: str) -> bool:
        for run in _RUN.compiled.findall(line):
            if _DIGIT.compiled.search(run) or (not run.islower() and _CAPITALS.compiled.search(run)):
                return True
        return False

    def _named(self, low: str) -> Iterator[Finding]:
        if any(it in low for it in self._names):
            for match in self._name_pattern.finditer(low):
                yield Finding(*match.span(), "name")
