"""What the recorder needs of this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib.metadata import version

from pairlog.doctor import Fact


def facts() -> Iterator[Fact]:
    """The language server's packages, and git, which tells what belongs to a workspace."""
    yield Fact("recorder", True, f"pygls {version('pygls')}")
    try:
        git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        yield Fact("git", False, "not found; install git, or sessions have no project and no manifest")
    else:
        yield Fact("git", True, git.stdout.strip())
