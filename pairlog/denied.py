"""The deny list: which paths of a workspace are never recorded, whatever git says of them; pure.

A glob without `/` means a file or a folder of that name anywhere; one with `/` a path from the workspace
folder on, where `**` stands for any folders. What it means is all that lies below it too. Upper and lower
case are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Files that hold secrets by their names.
DENIED = (
    ".env*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.cert",
    "*.crt",
    "id_*",
    "secrets.*",
    ".netrc",
    ".npmrc",
    ".pypirc",
)

_CLASS = re.compile(r"\[[!^]?[^\]/]+\]")


class DenyList:
    """The deny list with a person's own globs: `exclude` adds to it, `include` lets in what it denies."""

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = matcher(include)
        self._exclude = matcher(exclude)
        self._denied = matcher(DENIED)

    def denies(self, path: str) -> bool | None:
        """Whether a path, relative and with `/`, is denied; None where that is for git to say."""
        if self._exclude.match(path):
            return True
        if self._include.match(path):
            return False
        return True if self._denied.match(path) else None


def matcher(globs: Iterable[str]) -> re.Pattern[str]:
    """Matches each path that one of `globs` means; without any, none."""
    found = [_pattern(glob) for glob in globs]
    return re.compile("|".join(found) or r"(?!)", re.IGNORECASE | re.DOTALL)


def _pattern(glob: str) -> str:
    names = [name for name in glob.replace("\\", "/").split("/") if name not in ("", ".")]
    if not names:
        return r"(?!)"
    pattern = "" if "/" in glob.replace("\\", "/").rstrip("/") else "(?:[^/]+/)*"
    for name in names[:-1]:
        pattern += "(?:[^/]+/)*" if name == "**" else f"{_name(name)}/"
    last = ".+" if names[-1] == "**" else _name(names[-1])
    return rf"(?:{pattern}{last}(?:/.*)?\Z)"


def _name(glob: str) -> str:
    """A pattern for one name: `*` and `?` are any characters of it, `[...]` one of a set."""
    pattern, at = "", 0
    while at < len(glob):
        letter = glob[at]
        found = _CLASS.match(glob, at) if letter == "[" else None
        if letter == "*":
            pattern += "[^/]*"
        elif letter == "?":
            pattern += "[^/]"
        elif found is not None:
            pattern += _set(found[0])
            at = found.end() - 1
        else:
            pattern += re.escape(letter)
        at += 1
    return pattern


def _set(glob: str) -> str:
    """A pattern for one of a set of letters; where it is none, for the very letters that it is spelt with."""
    is_not = glob[1] in "!^"
    letters = "".join(letter if letter == "-" else re.escape(letter) for letter in glob[1 + is_not : -1])
    pattern = f"[{'^/' if is_not else ''}{letters}]"
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(glob)
    return pattern
