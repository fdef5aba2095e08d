"""What git's reflogs say was done: one line for each move of a ref (gitformat `git reflog`); pure.

The words behind the ids are git's own, the same in every language, but for those of a program that sets
GIT_REFLOG_ACTION. What has none that is known here is a `branch` that moved.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pairlog.events import VcsAction, VcsHow

_NONE = re.compile(r"0+")
_LINE = re.compile(r"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .* (\d+) [+-]\d{4}(?:\t(.*))?", re.DOTALL)
_CHECKOUT = re.compile(r"checkout: moving from (\S+) to (\S+)")
_RENAMED = re.compile(r"Branch: renamed refs/heads/(\S+) to refs/heads/(\S+)")

#: How a message begins, with what it means. The first that fits counts.
_MEANINGS: tuple[tuple[str, VcsAction, VcsHow | None], ...] = (
    (r"commit \(amend\)", "commit", "amend"),
    (r"commit \(cherry-pick\)", "commit", "cherry-pick"),
    (r"commit \(merge\)", "merge", None),
    (r"commit\b", "commit", None),
    (r"cherry-pick\b", "commit", "cherry-pick"),
    (r"revert\b", "commit", "revert"),
    (r"checkout: ", "checkout", None),
    (r"(?:pull|rebase)\b[^(]*\(start\)", "rebase", "start"),
    (r"(?:pull|rebase)\b[^(]*\(finish\)", "rebase", "finish"),
    (r"(?:pull|rebase)\b[^(]*\(abort\)", "rebase", "abort"),
    (r"(?:pull|rebase)\b[^(]*\((?:pick|reword|edit|squash|fixup|merge|continue)\)", "rebase", "pick"),
    # Steps between the commits: `--rebase-merges` goes back to where a side begins.
    (r"(?:pull|rebase)\b[^(:]*\((?:reset|label|exec|break)\)", "rebase", None),
    (r"rebase\b", "rebase", "pick"),
    (r"pull\b", "merge", "pull"),
    (r"merge\b", "merge", None),
    (r"am\b", "commit", "am"),
    (r"reset: ", "branch", "reset"),
    (r"(?:initial pull|clone)\b", "branch", "fetch"),
    (r"fetch\b", "branch", "fetch"),
    (r"update by push", "push", None),
    (r"branch: Created", "branch", "create"),
    (r"branch: Reset", "branch", "create"),
    (r"Branch: renamed", "branch", "rename"),
)
#: These move what lies in the working tree.
_MOVING = frozenset(("checkout", "merge", "rebase", "stash"))
_MOVING_HOWS = frozenset(("reset", "pull", "cherry-pick", "revert", "am"))


class Move(NamedTuple):
    """A ref moved: a commit, a checkout and the like. `before` and `after` are ids, None for none.

    `branch` is the branch that it is about, where the line says so; `left` the one that was left for it.
    """

    action: VcsAction
    how: VcsHow | None
    before: str | None
    after: str | None
    seconds: int
    branch: str | None = None
    left: str | None = None

    @property
    def moves_files(self) -> bool:
        """Whether files of the working tree change with it."""
        return self.action in _MOVING or self.how in _MOVING_HOWS

    @property
    def makes_commit(self) -> bool:
        """Whether `after` is a commit that this made, and not only one that something points at now."""
        return self.action in ("commit", "merge", "stash") or self.how == "pick"


def read(line: str) -> Move | None:
    """What a line of a reflog says; None where it is none."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    before, after, seconds, message = found.groups()
    message = message or ""
    action, how = _meaning(message)
    branch = left = None
    checkout = _CHECKOUT.fullmatch(message)
    renamed = _RENAMED.fullmatch(message)
    if checkout is not None:
        left, branch = checkout.groups()
    elif renamed is not None:
        left, branch = renamed.groups()
    return Move(action, how, _id(before), _id(after), int(seconds), branch, left)


def _meaning(message: str) -> tuple[VcsAction, VcsHow | None]:
    for begin, action, how in _MEANINGS:
        if re.match(begin, message):
            return action, how
    return "branch", None


def _id(told: str) -> str | None:
    return None if _NONE.fullmatch(told) else told
