"""The manifest of a session's start: every tracked file as it stands in the working tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lsp_server.home.blob_store import BlobStore
from lsp_server.workspace.git import Entry, index_differs, object_id, tracked
from pairlog.blobs import File, write_manifest

FILE_BYTES_MAX = 1024 * 1024
WORKSPACE_BYTES_MAX = 64 * 1024 * 1024
_SUBMODULE = "160000"
_LINK = "120000"


@dataclass(frozen=True)
class Manifest:
    """A stored manifest. `omitted` counts the tracked files left out: denied, too large, or submodules."""

    blob: str
    files: int
    omitted: int
    dirty: bool


def take(folder: Path, blobs: BlobStore, denies: Callable[[str], bool]) -> Manifest | None:
    """Store the tracked files and their manifest; None where `folder` is in no repository.

    A tracked file that is gone from the working tree is not in it and not omitted. Raises OSError where a
    blob cannot be stored.
    """
    entries = tracked(folder)
    if entries is None:
        return None
    files: list[File] = []
    omitted = 0
    room = WORKSPACE_BYTES_MAX
    dirty = index_differs(folder) is not False
    for entry in entries:
        if entry.mode == _SUBMODULE or not _is_text(entry.path) or denies(entry.path):
            omitted += 1
            continue
        try:
            data = _read(folder, entry, min(room, FILE_BYTES_MAX))
        except OSError:
            dirty = True
            continue
        if data is None:
            omitted += 1
            continue
        room -= len(data)
        dirty = dirty or object_id(data, entry.id) != entry.id
        files.append(File(entry.path, entry.mode, blobs.keep(data, sync=False)))
    return Manifest(blobs.keep(write_manifest(files)), len(files), omitted, dirty)


def _read(folder: Path, entry: Entry, bytes_max: int) -> bytes | None:
    """The bytes of a tracked file, of a link its target; None where they are too many."""
    path = folder / entry.path
    if entry.mode == _LINK:
        return os.fsencode(path.readlink())
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(path)
    if found.st_size > bytes_max:
        return None
    with path.open("rb") as stream:
        data = stream.read(bytes_max + 1)
    return None if len(data) > bytes_max else data


def _is_text(path: str) -> bool:
    """Whether a path can be written in UTF-8, as a manifest needs it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
