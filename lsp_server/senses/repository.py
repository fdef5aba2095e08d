"""What happens in the repository of a workspace: told from its reflogs, or from its head where it keeps none.

git writes a line into a reflog for whatever moves a ref, so nothing is installed in anybody's repository, and
several moves between two looks are all told, in their order.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lsp_server.senses.reflog import Move
from lsp_server.senses.reflogs import Reflog, RefLogs, StashLog
from lsp_server.workspace.git import output
from lsp_server.workspace.history import Commit, GitFolders, changed_paths, commits, git_folders, head

#: The files of a git folder that change when something moves.
_TELLING = frozenset(("HEAD", "logs", "refs", "packed-refs", "index.lock"))
_LOCKS = ("index.lock", "HEAD.lock")
#: A lock that is older was left behind by a git that died.
_LOCK_SECONDS_MAX = 60.0
#: Of refs that moved, but for the head, so many are told of one look: a first fetch brings thousands.
_REFS_MAX = 200


@dataclass(frozen=True)
class Happening:
    """A move with all that git knows of it; `paths` are the files below the workspace that differ by it."""

    move: Move
    branch: str | None
    commit: Commit | None
    paths: list[str] | None = field(default=None)


class Repository:
    """Follows the repository that a folder lies in."""

    def __init__(self, root: Path, folders: GitFolders) -> None:
        self._root = root
        self._own, self._common = folders.own, folders.common
        logs = folders.common / "logs" / "refs"
        self._head = Reflog(folders.own / "logs" / "HEAD")
        self._stash = StashLog(logs / "stash")
        self._branches = RefLogs(logs / "heads")
        self._remotes = RefLogs(logs / "remotes")
        self._at = (head(root), self._branch())
        #: How many moves of refs the last look left out, as there were too many.
        self.untold = 0

    @classmethod
    def of(cls, root: Path) -> Repository | None:
        """The repository of a workspace folder; None where it is in none."""
        folders = git_folders(root)
        return None if folders is None else cls(root, folders)

    @property
    def is_readable(self) -> bool:
        """Whether refs and their logs are files of their own, and not in a reftable."""
        return not (self._common / "reftable").is_dir()

    def places(self) -> list[Path]:
        """The folders to watch; there may be more of them later."""
        found = [self._own, self._own / "logs"]
        for folder in (self._common / "logs" / "refs", self._common / "refs" / "heads"):
            found += [Path(place) for place, _, _ in os.walk(folder)]
        return found if self._common == self._own else [*found, self._common]

    def is_told_by(self, path: Path) -> bool | None:
        """Whether a change of this file may be a move; None where it is none of git's own files."""
        # Of a linked worktree its own folder lies within the common one.
        for folder in (self._own, self._common):
            if path == folder or folder in path.parents:
                parts = path.relative_to(folder).parts
                is_lock = path.name.endswith(".lock") and path.name != "index.lock"
                return bool(parts) and parts[0] in _TELLING and not is_lock
        return None

    def is_busy(self) -> bool:
        """Whether git is at work: what it does is not finished."""
        return any(_age(self._own / lock) < _LOCK_SECONDS_MAX for lock in _LOCKS)

    def look(self) -> list[Happening]:
        """What happened since the last look."""
        moves = self._moves()
        if not moves:
            return []
        known = commits(self._root, [it.after for it in moves if it.after is not None and it.makes_commit])
        return [self._happening(move, known) for move in moves]

    def _happening(self, move: Move, known: dict[str, Commit]) -> Happening:
        commit = known.get(move.after) if move.after is not None and move.makes_commit else None
        paths = None
        if move.after is not None and (commit is not None or move.moves_files):
            before = move.before
            if commit is not None and move.how != "pull" and move.action != "merge":
                before = commit.parents[0] if commit.parents else None
            paths = changed_paths(self._root, before, move.after)
        return Happening(move, move.branch, commit, paths)

    def _moves(self) -> list[Move]:
        self.untold = 0
        if not self._head.exists:
            self._head.moves()
            return self._moves_of_head()
        stashed = self._stash.moves()
        heads = list(_with_branches(self._head.moves(), self._branch()))
        # A reset to the commit that is there already moves nothing: `git stash` takes changes away with one.
        heads = [it for it in heads if not (it.how == "reset" and it.before == it.after)]
        branches, remotes = list(self._branch_moves()), list(self._remote_moves())
        told, there = branches[:_REFS_MAX], remotes[: max(0, _REFS_MAX - len(branches))]
        self.untold = len(branches) + len(remotes) - len(told) - len(there)
        return _merged(_with_created(heads, told), [*stashed, *there])

    def _branch_moves(self) -> Iterator[Move]:
        moves, gone = self._branches.moves()
        renamed = {name: move for name, move in moves if move.how == "rename"}
        for name, move in moves:
            if name in renamed:
                continue
            if move.action == "branch" and move.how == "create":
                yield move._replace(branch=name)
        yield from renamed.values()
        left = {it.left for it in renamed.values()}
        for name in sorted(gone - left):
            yield Move("branch", "delete", None, None, _NOW, name)

    def _remote_moves(self) -> Iterator[Move]:
        for name, move in self._remotes.moves()[0]:
            if move.action == "push":
                yield move._replace(branch=name)
            else:
                yield move._replace(action="branch", how="fetch", branch=name)

    def _moves_of_head(self) -> list[Move]:
        """What a head that was here and is there now says, where no log does."""
        (before, left), self._at = self._at, (head(self._root), self._branch())
        after, branch = self._at
        if (before, left) == (after, branch):
            return []
        if branch != left:
            return [Move("checkout", None, before, after, _NOW, branch, left)]
        made = commits(self._root, [after]).get(after) if after is not None else None
        if made is not None and made.parents[:1] == ([] if before is None else [before]):
            return [Move("commit", None, before, after, _NOW, branch)]
        return [Move("branch", "reset", before, after, _NOW, branch)]

    def _branch(self) -> str | None:
        told = output(self._root, "symbolic-ref", "--quiet", "--short", "HEAD")
        return None if told is None else os.fsdecode(told).strip() or None


#: Behind everything that a log tells the second of.
_NOW = 1 << 62


def _age(path: Path) -> float:
    """The seconds since a file was written; without end where there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf


def _with_branches(moves: list[Move], branch: str | None) -> Iterator[Move]:
    """The moves of a head, each with the branch that was checked out behind it; `branch` is that of now."""
    told = []
    for move in reversed(moves):
        if move.how == "rename":
            continue
        told.append(move._replace(branch=branch))
        if move.action == "checkout":
            branch = None if move.left is None or _is_id(move.left) else move.left
    return reversed(told)


def _with_created(moves: list[Move], created: list[Move]) -> list[Move]:
    """Branches that were made, before the first move from where they begin."""
    told = list(moves)
    for move in created:
        at = next((n for n, it in enumerate(told) if it.before == move.after), len(told))
        told.insert(at, move)
    return told


def _merged(moves: list[Move], others: list[Move]) -> list[Move]:
    """The moves of a head in their order, with others among them where the clock says so."""
    told = list(moves)
    for move in others:
        at = next((n for n, it in enumerate(told) if it.seconds > move.seconds), len(told))
        told.insert(at, move)
    return told


def _is_id(name: str) -> bool:
    return len(name) in (40, 64) and all(letter in "0123456789abcdef" for letter in name)
