"""What git's index holds: the tracked files, and how each stood in the working tree when git last looked.

Whether a file differs is found out here, because git itself (`diff-files`, `status`) would run the filters
that a repository names to see it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from lsp_server.workspace.git import output

#: `ls-files --debug` promises no form: where it has another one, nothing is known of how a file stood.
_RECORD = re.compile(
    rb"([0-7]{6}) ([0-9a-f]{40,64}) ([0-3])\t([^\0]+)\0"
    rb"(?:  ctime: .*\n  mtime: (\d+):(\d+)\n  dev: .*\n  uid: .*\n  size: (\d+)\t.*\n)?"
)
_REGULAR_FILE = "100"
#: The index has so many bits for a size and for a second.
_BITS = 0xFFFFFFFF


class Indexed(NamedTuple):
    """A tracked file: mode and object id, its path relative to the folder, and how it stood.

    One in conflict (`is_unmerged`) has an id for each side, of which this is one. Size in bytes, and the time
    when it was written in seconds and the nanoseconds beyond; all 0 where git knows nothing of them.
    """

    mode: str
    id: str
    path: str
    is_unmerged: bool
    size: int
    seconds: int
    nanoseconds: int

    @property
    def is_file(self) -> bool:
        """Whether it is a file, and no link or submodule."""
        return self.mode.startswith(_REGULAR_FILE)

    def stands(self, found: os.stat_result) -> bool:
        """Whether a file that is found so stands as git left or took it. Some record whole seconds only."""
        seconds, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
        return (
            (self.size, self.seconds) == (found.st_size & _BITS, seconds & _BITS)
            and self.seconds != 0
            and (self.nanoseconds == nanoseconds or 0 in (self.nanoseconds, nanoseconds))
        )

    def may_have_been(self, data: bytes) -> bool:
        """Whether this content of git can be what stood there, but for its line ends.

        What a filter of the repository made of it is another text.
        """
        return self.size in (0, len(data), len(data) + data.count(b"\n"))


def indexed(folder: Path) -> dict[str, Indexed] | None:
    """The tracked files below `folder`, by path; None where it is in no repository."""
    listing = output(folder, "ls-files", "--stage", "--debug", "-z")
    if listing is None:
        return None
    entries = {}
    for found in _RECORD.finditer(listing):
        mode, identifier, stage, name, seconds, nanoseconds, size = found.groups()
        path = os.fsdecode(name)
        stood = int(size or 0), int(seconds or 0), int(nanoseconds or 0)
        entries[path] = Indexed(mode.decode(), identifier.decode(), path, stage != b"0", *stood)
    return entries
