"""What a repository holds of its past: where git keeps it, commits, changed paths, contents.

As `git.py`: nothing of a repository's configuration is executed, and nothing is fetched from elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lsp_server.workspace.git import output

#: A message, or a content, above this is not read.
_MESSAGE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class GitFolders:
    """Where a working tree's own state lies, and where that which all of its working trees share."""

    own: Path
    common: Path


@dataclass(frozen=True)
class Commit:
    """A commit as it was made."""

    parents: list[str]
    message: str


def git_folders(folder: Path) -> GitFolders | None:
    """The folders of the repository that `folder` lies in, also of a worktree or a submodule."""
    told = output(folder, "rev-parse", "--git-dir", "--git-common-dir")
    if told is None:
        return None
    own, common = ((folder / os.fsdecode(line)).resolve() for line in told.splitlines()[:2])
    return GitFolders(own, common)


def head(folder: Path) -> str | None:
    """The commit that is checked out, wherever its ref is kept."""
    told = output(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return None if told is None else told.decode().strip() or None


def commits(folder: Path, ids: Collection[str]) -> dict[str, Commit]:
    """Those of the commits that can be read."""
    found = {}
    for identifier, data in _objects(folder, ids, _MESSAGE_BYTES_MAX, b"commit").items():
        header, _, message = data.decode("utf-8", "replace").partition("\n\n")
        parents = [line[7:] for line in header.split("\n") if line.startswith("parent ")]
        found[identifier] = Commit(parents, message)
    return found


def contents(folder: Path, ids: Collection[str], bytes_max: int) -> dict[str, bytes]:
    """Those of the files' contents that can be read and are no larger than `bytes_max`."""
    return _objects(folder, ids, bytes_max, b"blob")


def changed_paths(folder: Path, before: str | None, after: str) -> list[str] | None:
    """The paths below `folder` in which two commits differ; all of `after` where nothing was before."""
    options = ("-r", "-z", "--relative", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
    if before is None:
        told = output(folder, "diff-tree", *options, "--root", "--no-commit-id", after)
    else:
        told = output(folder, "diff-tree", *options, before, after)
    return None if told is None else [os.fsdecode(path) for path in told.split(b"\0") if path]


def _objects(folder: Path, ids: Collection[str], bytes_max: int, kind: bytes) -> dict[str, bytes]:
    asked = "".join(f"{identifier}\n" for identifier in dict.fromkeys(ids)).encode()
    sizes = (output(folder, "cat-file", "--batch-check", said=asked) or b"").split(b"\n") if asked else []
    readable = [
        fields[0]
        for fields in map(bytes.split, sizes)
        if len(fields) == 3 and fields[1] == kind and int(fields[2]) <= bytes_max
    ]
    if not readable:
        return {}
    told = output(folder, "cat-file", "--batch", said=b"\n".join(readable) + b"\n") or b""
    found = {}
    at = 0
    while at < len(told):
        start = told.index(b"\n", at) + 1
        identifier, _kind, size = told[at:start].split()
        found[identifier.decode()] = told[start : start + int(size)]
        at = start + int(size) + 1
    return found
