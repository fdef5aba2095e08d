"""What is at a place on the disk: nothing where nobody can look, as without rights or with too long a name.

pathlib raises there, and what is asked about one file must not cost the others.
"""

from __future__ import annotations

import os
from pathlib import Path


def exists(place: Path) -> bool:
    """Whether there is anything; what a link leads to counts."""
    return os.path.exists(place)  # noqa: PTH110


def is_file(place: Path) -> bool:
    """Whether there is a file, or a link to one."""
    return os.path.isfile(place)  # noqa: PTH113


def is_folder(place: Path) -> bool:
    """Whether there is a folder, or a link to one."""
    return os.path.isdir(place)  # noqa: PTH112


def is_link(place: Path) -> bool:
    """Whether there is a link."""
    return os.path.islink(place)  # noqa: PTH114
