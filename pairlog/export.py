"""A session as files: frames in a row, its blobs, and its row of the list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from pairlog.blobs import named_blobs
from pairlog.errors import UserError
from pairlog.frame import pack, parts
from pairlog.replay import Blobs
from pairlog.source import SessionInfo, Source


def frames(lines: Iterable[bytes]) -> Iterator[bytes]:
    """A session's lines as frames in a row, as large as frames become."""
    return (pack(some, 9) for some in parts(lines))


def export_folder(source: Source, info: SessionInfo, folder: Path) -> int:
    """Write a session of a source as `write_folder` does; returns the number of lines."""
    lines = list(source.lines(info.session))
    write_folder(folder, info, lines, lambda sha256: source.blob(info.session, sha256))
    return len(lines)


def write_folder(folder: Path, info: SessionInfo, lines: Sequence[bytes], blob: Blobs) -> None:
    """Write `session.ndjson.gz`, `blobs/` and `session.json`.

    Raises UserError where another session is there already; the same one is written again.
    """
    _check_free(folder, info.session)
    blobs = folder / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    for digest in named_blobs(lines, blob):
        (blobs / digest).write_bytes(blob(digest))
    (folder / "session.ndjson.gz").write_bytes(b"".join(frames(lines)))
    (folder / "session.json").write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")


def _check_free(folder: Path, session: str) -> None:
    row = folder / "session.json"
    try:
        there = json.loads(row.read_text(encoding="utf-8"))["session"]
    except FileNotFoundError:
        there = "another file" if folder.is_dir() and any(folder.iterdir()) else session
    except (ValueError, KeyError, TypeError):
        there = "another file"
    if there != session:
        raise UserError(f"{folder} holds {there} already; name a new folder with --out")
