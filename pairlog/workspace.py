"""A workspace made again from a session's manifest, as a git repository with one commit.

Author and time of the commit are always the same, so the same files give the same commit id.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath

from pairlog.blobs import read_manifest
from pairlog.errors import UserError
from pairlog.replay import Blobs

_NOBODY = {"NAME": "Pairlog", "EMAIL": "pairlog@example.invalid", "DATE": "2026-11-02T09:00:00+0000"}
_EXECUTABLE = "100755"


def restore(manifest: str, blobs: Blobs, folder: Path) -> list[Path]:
    """Write the files of a manifest below `folder` and commit them; returns where they are.

    Raises UserError where a path would lead out of `folder`, or git does not work.
    """
    files = [(file, folder / _inside(file.path)) for file in read_manifest(blobs(manifest))]
    for file, path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blobs(file.blob))
        path.chmod(0o755 if file.mode == _EXECUTABLE else 0o644)
    commit_all(folder)
    return [path for _, path in files]


def commit_all(folder: Path) -> None:
    """Make `folder` a git repository whose one commit holds all its files."""
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all", "--force")
    _git(folder, "commit", "--quiet", "--allow-empty", "--message=Start")


def _git(folder: Path, *words: str) -> None:
    # The settings of this machine and its user (signing, hooks, line ends) would change the commit.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nobody = {
        f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in _NOBODY.items()
    }
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    try:
        subprocess.run(
            ["git", *words],
            cwd=folder,
            env={**kept, **nobody, **settings},
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise UserError("git is not installed; a workspace needs it to know its files") from None
    except subprocess.CalledProcessError as error:
        raise UserError(f"git {words[0]} failed in {folder}: {error.stderr.strip()}") from None


def _inside(path: str) -> PurePosixPath:
    pure = PurePosixPath(path)
    # A manifest comes from outside; one with a hook in `.git` would run it.
    if ".git" in map(str.lower, pure.parts):
        raise UserError(f"the manifest names {path}, which is not inside the workspace")
    return pure
