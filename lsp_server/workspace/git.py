"""What git says about a workspace folder, asked for with time limits and with nothing of it executed.

A repository's own configuration can name programs (hooks, filters, a file-system monitor). Only commands
that start none of them are used here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_SECONDS_MAX = 5.0
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
#: An editor that git itself started has them; they name one repository, whatever folder is asked about.
_NOT_OURS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
)
_SAFELY = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    # A partial clone would fetch what is asked for, with whatever program its configuration names.
    *("-c", "protocol.allow=never"),
)


@dataclass(frozen=True)
class Facts:
    """A repository at one moment; None for each thing that it does not have."""

    project: str | None = None
    remote: str | None = None
    head: str | None = None
    branch: str | None = None


@dataclass(frozen=True)
class Entry:
    """A file that git tracks or would take: mode, object id (empty for a new one), path in the folder."""

    mode: str
    id: str
    path: str


def head_of(folder: Path) -> str | None:
    """The commit that is checked out in `folder`; None where there is none."""
    return _line(folder, "rev-parse", "--verify", "--quiet", "HEAD")


def facts(folder: Path) -> Facts:
    """The project, remote, head and branch of the repository that `folder` lies in."""
    head = head_of(folder)
    if head is None and _line(folder, "rev-parse", "--git-dir") is None:
        return Facts()
    roots = output(folder, "rev-list", "--max-parents=0", "HEAD") if head else None
    remote = _line(folder, "config", "--get", "remote.origin.url")
    return Facts(
        project=project_of(roots.decode().split()) if roots else None,
        remote=without_credentials(remote) if remote else None,
        head=head,
        branch=_line(folder, "symbolic-ref", "--quiet", "--short", "HEAD"),
    )


def project_of(roots: list[str]) -> str | None:
    """The SHA-256 of the root commit's id; the first by name where histories were joined."""
    return hashlib.sha256(min(roots).encode()).hexdigest() if roots else None


def without_credentials(remote: str) -> str | None:
    """A remote's address without user, password and query; None for a path on this machine."""
    if "://" not in remote:
        host, separator, path = remote.partition(":")
        # `git@host:path`; a single letter before the colon is a drive.
        if not separator or "/" in host or "\\" in host or len(host) == 1:
            return None
        return f"{host.rpartition('@')[2]}:{path}"
    try:
        parts = urlsplit(remote)
    except ValueError:
        return None
    if parts.scheme == "file":
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def index_differs(folder: Path) -> bool | None:
    """Whether the index differs from the head; None where that cannot be told."""
    changed = output(folder, "diff-index", "--cached", "--name-only", "--no-ext-diff", "HEAD")
    return None if changed is None else bool(changed)


def ignored(folder: Path, names: Collection[str], seconds: float) -> set[str] | None:
    """Which of these paths, relative to `folder`, git ignores: by any ignore file, and none that is tracked.

    None where git took too long; none of them where it cannot tell, as outside a repository.
    """
    until = time.monotonic() + seconds
    try:
        found = _ignored(folder, names, until)
        if found is None and _ignored(folder, ["."], until) is not None:
            # One path that git refuses, as in a submodule that is not here, costs all others their answer.
            found = set()
            for together in _by_folder(names):
                found |= _ignored(folder, together, until) or set()
    except OSError:
        return set()
    except subprocess.TimeoutExpired:
        return None
    return found or set()


def _ignored(folder: Path, names: Collection[str], until: float) -> set[str] | None:
    """As `ignored`; None where git refuses to tell. Raises OSError and TimeoutExpired."""
    # With a colon in front it could be a pattern.
    asked = b"".join(b"./" + os.fsencode(name) + b"\0" for name in names)
    arguments = ("-C", str(folder), "check-ignore", "-z", "--stdin")
    done = _run(arguments, max(0.0, until - time.monotonic()), asked)
    if done.returncode not in (0, 1):
        return None
    return {os.fsdecode(name[2:]) for name in done.stdout.split(b"\0") if name}


def _by_folder(names: Iterable[str]) -> Collection[list[str]]:
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    return folders.values()


def object_id(data: bytes, like: str) -> str:
    """The id that git gives a file with these bytes, in the hash that the id `like` is of."""
    name = "sha1" if len(like) == 40 else "sha256"
    digest = hashlib.new(name, b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def output(folder: Path, *arguments: str, said: bytes = b"") -> bytes | None:
    """What git prints; None where it fails, is missing or takes too long.

    For commands that neither touch the working tree nor start a program that a configuration names.
    """
    try:
        done = _run(("-C", str(folder), *arguments), _SECONDS_MAX, said)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _line(folder: Path, *arguments: str) -> str | None:
    told = output(folder, *arguments)
    return os.fsdecode(told).strip() or None if told is not None else None


def _run(arguments: tuple[str, ...], seconds: float, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return subprocess.run(
        ["git", *_SAFELY, *arguments],
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        env={**kept, **_ENVIRONMENT},
        check=False,
    )
