"""The manifest of a moment: every file that git tracks, or would take, as it stands in the working tree."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lsp_server.home.blob_store import BlobStore
from lsp_server.workspace.git import Entry, index_differs, object_id
from lsp_server.workspace.index import indexed
from lsp_server.workspace.texts import is_utf8
from lsp_server.workspace.untracked import untracked
from pairlog.blobs import File, write_manifest

FILE_BYTES_MAX = 1024 * 1024
WORKSPACE_BYTES_MAX = 64 * 1024 * 1024
#: Of more new files than somebody writes, as of a package folder that is not ignored, only so many are taken.
UNTRACKED_FILES_MAX = 1000
_SUBMODULE = "160000"
_LINK = "120000"
#: A file that was written so shortly before it was read may be written again within one tick of its clock.
_TICK_NS = 100_000_000


@dataclass(frozen=True)
class Manifest:
    """A stored manifest. `omitted` counts the files left out: denied, too large, too many, or submodules."""

    blob: str
    files: int
    omitted: int
    dirty: bool


class _Stamp(NamedTuple):
    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int


class _Content(NamedTuple):
    """A file as it was read; `stamp` None where it may have changed unnoticed since."""

    stamp: _Stamp | None
    id: str
    size: int
    blob: str


@dataclass
class Known:
    """The files that an earlier manifest read: those that have not changed are not read again."""

    contents: dict[str, _Content] = field(default_factory=dict)


def take(
    folder: Path,
    blobs: BlobStore,
    denies: Callable[[str], bool],
    known: Known | None = None,
    until_ns: int | None = None,
) -> Manifest | None:
    """Store the files and their manifest; None where `folder` is in no repository.

    A new file, which git neither tracks nor ignores, is in it where it is text. A tracked file that is gone
    from the working tree is not in it and not omitted. Of a file that changed after `until_ns` (since 1970)
    the content that is `known` stands, where there is one. What is read becomes known. Raises OSError where a
    blob cannot be stored.
    """
    tracked = indexed(folder)
    if tracked is None:
        return None
    new = untracked(folder)
    omitted = max(0, len(new) - UNTRACKED_FILES_MAX)
    entries = [Entry(it.mode, it.id, it.path) for it in tracked.values()] + new[:UNTRACKED_FILES_MAX]
    known = known or Known()
    read: dict[str, _Content] = {}
    files: list[File] = []
    room = WORKSPACE_BYTES_MAX
    dirty = index_differs(folder) is not False
    for entry in entries:
        if entry.mode == _SUBMODULE or not _is_text(entry.path):
            omitted += 1
            continue
        content = _unchanged(folder, entry, blobs, known.contents.get(entry.path), until_ns)
        if content is None:
            if denies(entry.path):
                omitted += 1
                continue
            try:
                found = _read(folder, entry, min(room, FILE_BYTES_MAX), until_ns)
            except OSError:
                dirty = True
                continue
            if found is not None:
                data, stamp = found
                blob = blobs.keep(data, sync=False)
                content = _Content(stamp, object_id(data, entry.id), len(data), blob)
        if content is None or content.size > room:
            omitted += 1
            continue
        room -= content.size
        dirty = dirty or content.id != entry.id
        read[entry.path] = content
        files.append(File(entry.path, entry.mode, content.blob))
    known.contents = read
    return Manifest(blobs.keep(write_manifest(files)), len(files), omitted, dirty)


def _unchanged(
    folder: Path, entry: Entry, blobs: BlobStore, known: _Content | None, until_ns: int | None
) -> _Content | None:
    """What is known of a file, where that is what it holds, or what it held before `until_ns`."""
    if known is None or not blobs.has(known.blob):
        return None
    try:
        found = (folder / entry.path).lstat()
    except OSError:
        return None
    if until_ns is not None and found.st_mtime_ns > until_ns:
        return known._replace(stamp=None)
    return known if known.stamp == _stamp(found) else None


def _read(
    folder: Path, entry: Entry, bytes_max: int, until_ns: int | None
) -> tuple[bytes, _Stamp | None] | None:
    """The bytes of a file, of a link its target; None where they are too many.

    None as well for a new file that is no text, or was written after `until_ns`: it may not have been there.
    """
    path = folder / entry.path
    found = path.lstat()
    stamp = _stamp(found) if found.st_mtime_ns < time.time_ns() - _TICK_NS else None
    if entry.mode == _LINK:
        return os.fsencode(path.readlink()), stamp
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(path)
    is_new = not entry.id
    if found.st_size > bytes_max or (is_new and until_ns is not None and found.st_mtime_ns > until_ns):
        return None
    with path.open("rb") as stream:
        data = stream.read(bytes_max + 1)
    is_unfit = len(data) > bytes_max or (is_new and not is_utf8(data))
    return None if is_unfit else (data, stamp)


def _stamp(found: os.stat_result) -> _Stamp:
    return _Stamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def _is_text(path: str) -> bool:
    """Whether a path can be written in UTF-8, as a manifest needs it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
