"""What stirred at once: each file one time, however often it was written; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lsp_server.senses.watcher import Stirred


class Batch:
    """Paths relative to the workspace, with `/`; what lies in git's own folders only says that git moved."""

    def __init__(self, root: Path, is_of_git: Callable[[Path], bool | None]) -> None:
        """`is_of_git`: whether a file of git's says that something moved; None for any other file."""
        #: Whether each file is new.
        self.files: dict[str, bool] = {}
        self.folders: list[str] = []
        self.moves: list[tuple[str, str]] = []
        #: Where folders lay that were moved, also to where nobody sees them.
        self.vacated: list[str] = []
        self.has_git_moved = False
        self._root = root
        self._is_of_git = is_of_git
        self._left: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.moves or self.vacated or self.has_git_moved)

    def add(self, stirred: Iterable[Stirred]) -> None:
        """Take in what happened next."""
        for it in stirred:
            of_git = self._is_of_git(it.path)
            if of_git is not None:
                self.has_git_moved = self.has_git_moved or of_git
                continue
            try:
                path = it.path.relative_to(self._root).as_posix()
            except ValueError:
                continue
            if path == ".git" or path.startswith(".git/"):
                self.has_git_moved = True
                continue
            if it.pair:
                self._pair(it, path)
            if not it.is_folder:
                self.files[path] = self.files.get(path, it.is_new)
            elif it.is_new:
                self.folders.append(path)

    def _pair(self, it: Stirred, path: str) -> None:
        if not it.is_new:
            self._left[it.pair] = path
            if it.is_folder:
                self.vacated.append(path)
        elif it.pair in self._left:
            self.moves.append((self._left.pop(it.pair), path))
