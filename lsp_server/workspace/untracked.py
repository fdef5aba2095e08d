"""Files that git does not track and does not ignore: which of them belong to the work."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from lsp_server.workspace.git import Entry, output

#: What editors and tools leave beside a file for themselves.
_PASSING = re.compile(
    r".*~|#.*#|\.#.*|.*\.(?:sw[a-z]|tmp|temp|bak|orig|rej|lock|pid)|\.?[0-9]+|sed[A-Za-z0-9]{6}"
)


def is_passing(name: str) -> bool:
    """Whether a file of this name is none of the work: a swap file, a backup, a lock."""
    return _PASSING.fullmatch(name) is not None


def untracked(folder: Path) -> list[Entry]:
    """The files below `folder` that git would take, without an id; none of another repository."""
    listing = output(folder, "ls-files", "--others", "--exclude-standard", "-z") or b""
    # A repository in the folder is listed by its name alone.
    paths = [os.fsdecode(path) for path in listing.split(b"\0") if path and not path.endswith(b"/")]
    return [
        Entry(_mode(folder / path), "", path) for path in paths if not is_passing(path.rpartition("/")[2])
    ]


def _mode(path: Path) -> str:
    try:
        found = path.lstat().st_mode
    except OSError:
        found = 0
    if stat.S_ISLNK(found):
        return "120000"
    return "100755" if found & stat.S_IXUSR else "100644"
