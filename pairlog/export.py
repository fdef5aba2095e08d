"""A session as files: frames in a row, its blobs, and its row of the list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pairlog.blobs import named_blobs
from pairlog.frame import pack
from pairlog.source import SessionInfo, Source

_FRAME_LINES = 1000


def frames(lines: list[bytes]) -> Iterator[bytes]:
    """A session's lines as frames in a row, each with at most 1,000 of them."""
    for start in range(0, len(lines), _FRAME_LINES):
        yield pack(lines[start : start + _FRAME_LINES], 9)


def export_folder(source: Source, info: SessionInfo, folder: Path) -> int:
    """Write `session.ndjson.gz`, `blobs/` and `session.json`; returns the number of lines."""

    def blob(sha256: str) -> bytes:
        return source.blob(info.session, sha256)

    blobs = folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    lines = list(source.lines(info.session))
    for digest in named_blobs(lines, blob):
        (blobs / digest).write_bytes(blob(digest))
    (folder / "session.ndjson.gz").write_bytes(b"".join(frames(lines)))
    (folder / "session.json").write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")
    return len(lines)
