"""Where a transcript's files lie in the project that it is of; pure."""

from __future__ import annotations

import ntpath
import posixpath
import re


class ProjectFolder:
    """The folder that Claude Code was started in, on whatever system that was."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._path = ntpath if re.match(r"[A-Za-z]:[\\/]|\\\\", root) else posixpath
        self._start = self._path.normpath(root) if root else ""

    def relative(self, path: object, cwd: str) -> str | None:
        """A path inside of the folder, with `/`; None for any other. `cwd` is where a relative one begins."""
        if not isinstance(path, str) or not path or not self._start or "\0" in path:
            return None
        full = self._path.normpath(self._path.join(cwd or self._start, path))
        start = self._start.rstrip("/\\") + self._path.sep
        if not full.startswith(start) or full == start:
            return None
        inside: str = full[len(start) :]
        return inside.replace(self._path.sep, "/")
