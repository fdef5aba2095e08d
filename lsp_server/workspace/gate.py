"""Which files of a workspace may be recorded: by the deny list, git's ignore files, and what lies inside.

A file is held to every name that leads to it: a harmless link to a denied file is denied as well.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from lsp_server.workspace import git
from lsp_server.workspace.paths import Folder
from lsp_server.workspace.places import exists
from pairlog.denied import DenyList

#: Gives those of some paths in a repository that git ignores; None where it takes more than these seconds.
Ask: TypeAlias = Callable[[Path, Collection[str], float], "set[str] | None"]

#: All that one question may take; somebody waits at the editor.
_SECONDS_MAX = 1.0
#: So long an answer holds for a file that is only named; one that is opened is asked about anew.
_HOLDS_SECONDS = 30.0
#: And so long that git did not answer: each question to one that hangs keeps somebody waiting.
_SILENCE_HOLDS_SECONDS = 5.0
_KEPT_MAX = 10_000


class _Names(NamedTuple):
    """A path as it was given, in its real folder, and what it leads to where that is a link."""

    given: str
    placed: str
    real: str


class Gate:
    """Asked about paths relative to the workspace folder, with `/`."""

    def __init__(self, folder: Folder, rules: DenyList | None = None, ask: Ask = git.ignored) -> None:
        self.folder = folder
        #: Paths that are denied only because git did not answer in time.
        self.unanswered: set[str] = set()
        self._rules = rules or DenyList()
        self._ask = ask
        self._root = Path(os.path.realpath(folder.root))
        self._kept: dict[str, tuple[float, bool]] = {}

    def denies(self, path: str) -> bool:
        """Whether a file that is opened must not be recorded."""
        return path in self._judge([path])

    def denied(self, paths: Collection[str]) -> set[str]:
        """Those of the files named somewhere that must not be."""
        now = time.monotonic()
        if len(self._kept) > _KEPT_MAX:
            self._kept.clear()
        fresh = [path for path in paths if self._kept.get(path, (0.0, False))[0] <= now]
        judged = self._judge(fresh)
        for path in fresh:
            holds = _SILENCE_HOLDS_SECONDS if path in self.unanswered else _HOLDS_SECONDS
            self._kept[path] = now + holds, path in judged
        return {path for path in paths if self._kept[path][1]}

    def denies_tracked(self, path: str) -> bool:
        """Whether a file that git tracks must not be recorded; git is asked about a link's target alone."""
        names = self._names(path)
        if names is None or any(map(self._rules.denies, names)):
            return True
        beyond = {names.placed, names.real} - {path}
        return bool(beyond) and any(self._ask_git(name for name in beyond if self._is_for_git(name)))

    def place_of(self, path: str) -> str:
        """The path of what a path leads to, where it leads there by a link in the workspace."""
        names = self._names(path)
        return path if names is None else names.real

    def forget(self) -> None:
        """An ignore file has changed: what git said of it holds no more."""
        self._kept.clear()

    def _judge(self, paths: Collection[str]) -> set[str]:
        denied: set[str] = set()
        asked: dict[str, set[str]] = {}
        for path in paths:
            names = self._names(path)
            if names is None or any(map(self._rules.denies, names)):
                denied.add(path)
                continue
            for name in {names.placed, names.real}:
                if self._is_for_git(name):
                    asked.setdefault(name, set()).add(path)
        ignored, unanswered = self._ask_git(asked)
        for name in ignored:
            denied |= asked[name]
        late: set[str] = set().union(*(asked[name] for name in unanswered)) - denied
        before = self.unanswered if len(self.unanswered) < _KEPT_MAX else set()
        self.unanswered = (before - set(paths)) | late
        return denied | late

    def _is_for_git(self, name: str) -> bool:
        return self._rules.denies(name) is None

    def _names(self, path: str) -> _Names | None:
        """All names of a path; None where one leads out of the workspace, or nobody can look there."""
        if not _can_be_named(path):
            return None
        named = self._root / path
        try:
            placed = Path(os.path.realpath(named.parent)) / named.name
            real = Path(os.path.realpath(placed)) if _is_link(placed) else placed
            return _Names(path, *(place.relative_to(self._root).as_posix() for place in (placed, real)))
        except (OSError, ValueError):
            return None

    def _ask_git(self, names: Iterable[str]) -> tuple[set[str], set[str]]:
        """Which of the names git ignores, and which it did not tell."""
        ignored: set[str] = set()
        unanswered: set[str] = set()
        until = time.monotonic() + _SECONDS_MAX
        for repository, local in self._by_repository(names).items():
            left = until - time.monotonic()
            found = self._ask(repository, list(local), left) if left > 0 else None
            if found is None:
                unanswered.update(local.values())
            else:
                ignored.update(local[name] for name in found if name in local)
        return ignored, unanswered

    def _by_repository(self, names: Iterable[str]) -> dict[Path, dict[str, str]]:
        """The names that lie in a repository, by that and by their paths in it."""
        found: dict[Path, dict[str, str]] = {}
        known: dict[Path, Path | None] = {}
        for name in names:
            place = self._root / name
            if place.parent not in known:
                known[place.parent] = _repository_around(place.parent)
            repository = known[place.parent]
            if repository is not None:
                found.setdefault(repository, {})[place.relative_to(repository).as_posix()] = name
        return found


def _repository_around(folder: Path) -> Path | None:
    """The nearest folder with a repository of its own; None where there is none."""
    return next((it for it in (folder, *folder.parents) if exists(it / ".git")), None)


def _is_link(place: Path) -> bool:
    """Whether a file is a link. Raises OSError where nobody can tell, as with too long a name."""
    try:
        return stat.S_ISLNK(place.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _can_be_named(path: str) -> bool:
    """Whether a file can have this path; such a text from a client may be anything."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False
