"""Which blobs a session needs: the contents that its lines, and its manifests, name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pairlog.errors import UserError
from pairlog.events import Open, Workspace
from pairlog.ids import is_digest
from pairlog.line import decode
from pairlog.replay import Blobs


@dataclass(frozen=True)
class File:
    """A file in a manifest: its path, git's mode and the SHA-256 of its bytes."""

    path: str
    mode: str
    blob: str


def is_inside(path: str) -> bool:
    """Whether a path is relative, in its plain form, and stays inside the workspace."""
    pure = PurePosixPath(path)
    return bool(
        path
        and "\0" not in path
        and str(pure) == path
        and not pure.is_absolute()
        and pure.parts
        and ".." not in pure.parts
    )


def read_manifest(data: bytes) -> list[File]:
    """The files of a manifest blob, by path.

    Raises UserError where it is no manifest, or one that names a place outside the workspace: it may come
    from anybody.
    """
    try:
        files = [File(**entry) for entry in json.loads(data)["files"]]
        if not all(isinstance(word, str) for file in files for word in (file.path, file.mode, file.blob)):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            "a blob that is named as a manifest is none; record or export the session again"
        ) from None
    for file in files:
        if not (is_inside(file.path) and is_digest(file.blob)):
            raise UserError(f"a manifest names {file.path!r}, which is no file inside the workspace")
    return files


def write_manifest(files: Iterable[File]) -> bytes:
    """The manifest blob of files; the same files give the same bytes."""
    entries = [
        {"path": file.path, "mode": file.mode, "blob": file.blob}
        for file in sorted(files, key=lambda file: file.path)
    ]
    return json.dumps({"files": entries}, ensure_ascii=False, separators=(",", ":")).encode()


def may_name(line: bytes) -> bool:
    """Whether a line may name a blob; most that name none are told apart without being read."""
    return b'"open"' in line or b'"workspace"' in line


def named_blobs(lines: Iterable[bytes], blobs: Blobs) -> Iterator[str]:
    """The SHA-256 of each blob that a session needs, each once, a manifest before its files."""
    seen: set[str] = set()
    read: set[str] = set()
    for line in lines:
        if not may_name(line):
            continue
        event = decode(line)
        named: list[str] = []
        if isinstance(event, Open) and event.blob is not None:
            named = [event.blob]
        elif isinstance(event, Workspace) and event.manifest not in read:
            read.add(event.manifest)
            files = read_manifest(blobs(event.manifest))
            named = [event.manifest, *(file.blob for file in files)]
        for digest in named:
            if digest not in seen:
                seen.add(digest)
                yield digest
