"""Unified diffs that are exact: `apply(diff(a, b), a) == b` for every text, whatever its line ends.

The form is git's: lines end at LF alone, so a CR stays part of its line, and a last line without a line
break is followed by `\\ No newline at end of file`. An empty diff means no change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

#: Lines around a change, as git shows them.
_CONTEXT_LINES = 3
#: Above this many lines that differ on either side, finding the shortest diff costs more than it tells.
_MATCHED_LINES_MAX = 2000
_NO_NEWLINE = "\\ No newline at end of file\n"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_QUOTED = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}

#: `(first old line, its end, first new line, its end)` of lines that were replaced.
_Block = tuple[int, int, int, int]


class DiffError(ValueError):
    """A diff that is malformed, or that does not fit the text; the message says where."""


def diff(old: str | None, new: str, path: str) -> str:
    """The unified diff from `old` to `new`, naming `path`; empty where there is nothing to change.

    `old` is None for a file that was not there.
    """
    if (old or "") == new:
        return ""
    before, after = _split(old or ""), _split(new)
    source = "/dev/null" if old is None else _name(f"a/{path}")
    parts = [f"--- {source}\n+++ {_name(f'b/{path}')}\n"]
    for hunk in _hunks(_blocks(before, after)):
        parts.extend(_write(hunk, before, after))
    return "".join(parts)


def apply(patch: str, old: str) -> str:
    """The text that `patch` makes of `old`. Raises DiffError where a line of it does not fit exactly."""
    if not patch:
        return old
    before, after = _split(old), list[str]()
    place = 0
    for start, removed, added in _read(patch):
        if start < place or before[start : start + len(removed)] != removed:
            raise DiffError(f"the hunk at line {start + 1} does not fit the text")
        after += before[place:start] + added
        place = start + len(removed)
    return "".join(after + before[place:])


def compose(patches: Iterable[str], base: str = "") -> str:
    """The text after all of `patches`, each applied to what the one before left."""
    text = base
    for patch in patches:
        text = apply(patch, text)
    return text


def _split(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _blocks(before: Sequence[str], after: Sequence[str]) -> list[_Block]:
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(left), len(right)) > _MATCHED_LINES_MAX:
        return [(head, head + len(left), head, head + len(right))]
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [(head + a, head + b, head + c, head + d) for tag, a, b, c, d in codes if tag != "equal"]


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    pairs = zip(before, after, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(before), len(after)))


def _hunks(blocks: Iterable[_Block]) -> list[list[_Block]]:
    """Blocks whose contexts touch, together."""
    hunks: list[list[_Block]] = []
    for block in blocks:
        if hunks and block[0] - hunks[-1][-1][1] <= 2 * _CONTEXT_LINES:
            hunks[-1].append(block)
        else:
            hunks.append([block])
    return hunks


def _write(hunk: Sequence[_Block], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    first = max(0, hunk[0][0] - _CONTEXT_LINES)
    last = min(len(before), hunk[-1][1] + _CONTEXT_LINES)
    shift = hunk[0][2] - hunk[0][0]
    grown = hunk[-1][3] - hunk[-1][1]
    yield f"@@ -{_range(first, last)} +{_range(first + shift, last + grown)} @@\n"
    place = first
    for start, end, new_start, new_end in hunk:
        yield from _mark(" ", before[place:start])
        yield from _mark("-", before[start:end])
        yield from _mark("+", after[new_start:new_end])
        place = end
    yield from _mark(" ", before[place:last])


def _mark(sign: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{_NO_NEWLINE}"


def _range(first: int, last: int) -> str:
    count = last - first
    # An empty range names the line before it, as in every unified diff.
    return f"{first + 1}" if count == 1 else f"{first + 1 if count else first},{count}"


def _read(patch: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """For each hunk: where it starts, the lines it takes away and the lines it puts there."""
    lines = _split(patch)
    if len(lines) < 3 or not (lines[0].startswith("--- ") and lines[1].startswith("+++ ")):
        raise DiffError("no `---` and `+++` lines at the beginning")
    place = 2
    while place < len(lines):
        match = _HUNK.match(lines[place])
        if match is None:
            raise DiffError(f"line {place + 1} of the diff is no hunk")
        start, count, _, new_count = (1 if word is None else int(word) for word in match.groups())
        place, removed, added = _body(lines, place + 1, count, new_count)
        yield start - 1 if count else start, removed, added


def _body(lines: Sequence[str], place: int, count: int, new_count: int) -> tuple[int, list[str], list[str]]:
    removed, added = list[str](), list[str]()
    while len(removed) < count or len(added) < new_count:
        if place == len(lines) or lines[place][0] not in " -+":
            raise DiffError(f"line {place + 1} of the diff is missing or no part of its hunk")
        sign, line = lines[place][0], lines[place][1:]
        place += 1
        if place < len(lines) and lines[place] == _NO_NEWLINE:
            line = line[:-1]
            place += 1
        if sign != "+":
            removed.append(line)
        if sign != "-":
            added.append(line)
    if len(removed) > count or len(added) > new_count:
        raise DiffError(f"the hunk before line {place + 1} of the diff is longer than it says")
    return place, removed, added


def _name(path: str) -> str:
    if any(character in _QUOTED for character in path):
        return '"' + "".join(_QUOTED.get(character, character) for character in path) + '"'
    # Behind a name with a space, a tab marks its end, for `patch` and git.
    return f"{path}\t" if " " in path else path
