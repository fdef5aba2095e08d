"""The contents that a session's lines name, on their way to the collector ahead of these lines."""

from __future__ import annotations

from lsp_server.home.blob_store import BlobStore
from lsp_server.sending.collector import Collector
from pairlog.blobs import read_manifest
from pairlog.exchange import Answer
from pairlog.line import parse


class Uploads:
    """Remembers what the collector has, so that each content goes there once."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._uploaded: set[str] = set()

    def named(self, line: bytes) -> list[str]:
        """The SHA-256 of each content that a line names, those inside a manifest before it."""
        if b'"blob":' not in line and b'"manifest":' not in line:
            return []
        body = parse(line)
        if body["type"] == "open" and isinstance(body.get("blob"), str):
            return [body["blob"]]
        if body["type"] == "workspace":
            manifest = str(body["manifest"])
            data = self._blobs.get(manifest)
            return [*(file.blob for file in read_manifest(data)), manifest] if data else [manifest]
        return []

    def upload(self, collector: Collector, digest: str) -> Answer | None:
        """Send a content that the collector may not have; returns the answer that refuses it, if one does.

        Raises `Unreachable`.
        """
        data = None if digest in self._uploaded else self._blobs.get(digest)
        if data is None:
            # Not here any more: the collector has it from an earlier session, or refuses the line.
            return None
        answer = collector.put_blob(digest, data)
        if answer.status not in (200, 201, 204):
            return answer
        self._uploaded.add(digest)
        return None

    def has_lost(self, digests: list[str]) -> bool:
        """The collector lacks contents; returns whether one was sent, so that all are sent again."""
        was_sent = any(digest in self._uploaded for digest in digests)
        self._uploaded.difference_update(digests)
        return was_sent
