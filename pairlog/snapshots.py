"""Snapshots of the tracked files: which of their contents came behind a line, and new ones in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pairlog.blobs import read_manifest, write_manifest
from pairlog.events import Workspace
from pairlog.replay import Blobs


class Snapshots:
    """The manifests of a session, and the files that they name."""

    def __init__(self, read_blob: Blobs) -> None:
        self._read_blob = read_blob
        self._kept: set[str] = set()
        self._manifests: set[str] = set()

    def keep(self, event: Workspace) -> None:
        """A snapshot that stays as it is, and with it the files that it names."""
        self._kept.update(file.blob for file in read_manifest(self._read_blob(event.manifest)))

    def texts(self, event: Workspace) -> Iterator[tuple[str, str, str]]:
        """`(path, SHA-256, text)` of the text files of a snapshot that none that stays names."""
        self._manifests.add(event.manifest)
        for file in read_manifest(self._read_blob(event.manifest)):
            if file.blob not in self._kept:
                try:
                    yield file.path, file.blob, self._read_blob(file.blob).decode()
                except UnicodeDecodeError:
                    continue

    def renamed(self, blobs: Mapping[str, bytes]) -> dict[str, bytes]:
        """The manifests that name contents which others took the place of, rewritten, by their SHA-256."""
        names = {digest: hashlib.sha256(data).hexdigest() for digest, data in blobs.items()}
        found = {}
        for digest in self._manifests:
            files = read_manifest(self._read_blob(digest))
            if any(file.blob in names for file in files):
                found[digest] = write_manifest(
                    replace(file, blob=names.get(file.blob, file.blob)) for file in files
                )
        return found
