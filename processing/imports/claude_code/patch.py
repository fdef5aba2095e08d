"""A tool's `structuredPatch`, held against the text that it was made from; pure.

Hunks are those of jsdiff: `oldStart` counts lines from 1, `lines` begin with a blank, `-`, `+` or `\\`. Some
versions of Claude Code write the tabs at the begin of a line as blanks, so lines may differ in them.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Patched(NamedTuple):
    """What a patch makes of a text; `is_exact`: its lines stand in that text letter by letter."""

    text: str
    is_exact: bool


class Misfit(Exception):
    """The patch was made from another text, or is none."""


def apply(text: str, hunks: list[Any]) -> Patched:
    """The text behind the patch; lines that stay are those of `text`. Raises Misfit."""
    old = _split(text)
    new: list[str] = []
    at, is_exact = 0, True
    for hunk in hunks:
        start, lines = _hunk(hunk)
        if not at <= start <= len(old):
            raise Misfit
        new += old[at:start]
        at = start
        mark = ""
        for line in lines:
            previous, mark, body = mark, line[:1], line[1:]
            if mark in (" ", "-"):
                if at == len(old):
                    raise Misfit
                is_exact = _same(old[at], body) and is_exact
                if mark == " ":
                    new.append(old[at])
                at += 1
            elif mark == "+":
                new.append(f"{body}\n")
            elif mark == "\\" and previous:
                if previous == "+":
                    new[-1] = new[-1].removesuffix("\n")
            else:
                raise Misfit
    new += old[at:]
    return Patched("".join(new), is_exact)


def are_alike(one: str, other: str) -> bool:
    """Whether two texts are the same but for the blanks and tabs at the begin of their lines."""
    return one == other or _bare(one) == _bare(other)


def _split(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _hunk(hunk: Any) -> tuple[int, list[str]]:
    if isinstance(hunk, dict):
        start, lines = hunk.get("oldStart"), hunk.get("lines")
        if type(start) is int and isinstance(lines, list) and all(isinstance(it, str) for it in lines):
            return max(0, start - 1), lines
    raise Misfit


def _same(line: str, body: str) -> bool:
    """Whether a line is the patch's letter by letter. Raises Misfit where it is another one."""
    line = line.removesuffix("\n")
    if line == body:
        return True
    if line.lstrip(" \t") != body.lstrip(" \t"):
        raise Misfit
    return False


def _bare(text: str) -> list[str]:
    return [line.lstrip(" \t") for line in text.split("\n")]
