"""Which blobs a session needs: the contents that its lines, and its manifests, name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pairlog.events import Open, Workspace
from pairlog.line import decode
from pairlog.replay import Blobs


@dataclass(frozen=True)
class File:
    """A tracked file in a manifest: its path, git's mode and the SHA-256 of its bytes."""

    path: str
    mode: str
    blob: str


def read_manifest(data: bytes) -> list[File]:
    """The files of a manifest blob, by path."""
    return [File(**entry) for entry in json.loads(data)["files"]]


def write_manifest(files: Iterable[File]) -> bytes:
    """The manifest blob of files; the same files give the same bytes."""
    entries = [
        {"path": file.path, "mode": file.mode, "blob": file.blob}
        for file in sorted(files, key=lambda file: file.path)
    ]
    return json.dumps({"files": entries}, ensure_ascii=False, separators=(",", ":")).encode()


def named_blobs(lines: Iterable[bytes], blobs: Blobs) -> Iterator[str]:
    """The SHA-256 of each blob that a session needs, each once, a manifest before its files."""
    seen: set[str] = set()
    for line in lines:
        if b'"open"' not in line and b'"workspace"' not in line:
            continue
        event = decode(line)
        named: list[str] = []
        if isinstance(event, Open) and event.blob is not None:
            named = [event.blob]
        elif isinstance(event, Workspace):
            files = read_manifest(blobs(event.manifest))
            named = [event.manifest, *(file.blob for file in files)]
        for digest in named:
            if digest not in seen:
                seen.add(digest)
                yield digest
