"""From a client's addresses of files to paths inside the workspace folder."""

from __future__ import annotations

import os
from pathlib import Path

from pygls.uris import to_fs_path


class Folder:
    """The workspace folder of a session; what lies outside it has no path here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._roots = [os.path.normpath(root)]
        resolved = os.path.realpath(root)
        if resolved != self._roots[0]:
            self._roots.append(resolved)

    def path_of(self, uri: str) -> str | None:
        """The path of a `file:` address relative to the folder, with `/`; None for anything else."""
        path = to_fs_path(uri)
        return None if path is None else self.inside(path)

    def inside(self, path: str) -> str | None:
        """The path of an absolute path relative to the folder, with `/`; None where it lies outside.

        An editor may name a file through a symbolic link that it resolved in the folder's name, or the
        other way round, so the resolved path is tried where the plain one does not fit.
        """
        for name in (os.path.normpath(path), os.path.realpath(path)):
            for root in self._roots:
                beginning = root if root.endswith(os.sep) else root + os.sep
                if name.startswith(beginning):
                    return name[len(beginning) :].replace(os.sep, "/")
        return None

    def within(self, path: str) -> str | None:
        """A path that a client reports, absolute or relative to the folder; `.` is the folder itself."""
        place = str(self.root / path)
        try:
            return "." if os.path.normpath(place) in self._roots else self.inside(place)
        except ValueError:
            # No name that a file can have.
            return None
