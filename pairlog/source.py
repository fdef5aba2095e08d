"""Where sessions are read from: `open_source(uri)` and what every source can do.

- a path: an exported session (`.ndjson`, `.ndjson.gz`), the folder of one, or a folder of such folders;
- `http://` or `https://`: a collector, with the token in `PAIRLOG_TOKEN`;
- any other scheme: whatever is registered under the entry points `pairlog.sources`, such as the
  collector's own database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from pairlog.errors import UserError


@dataclass(frozen=True)
class SessionInfo:
    """A row of `pairlog sessions --json`; `complete`: the `end` is stored."""

    session: str
    project: str | None
    contributor: str | None
    editor: str
    started_at: str
    ended_at: str | None
    events: int
    last_seq: int
    complete: bool
    verified: bool | None
    use: str
    consent: str
    revision: int


class Source(AbstractContextManager["Source"], Protocol):
    """A place that holds sessions."""

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first."""

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown."""

    def blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names. Raises UserError where it is missing."""


def open_source(uri: str) -> Source:
    """The source behind `uri`. Raises UserError where there is none."""
    scheme, separator, _ = uri.partition("://")
    if not separator:
        from pairlog.source_files import FileSource

        return FileSource(Path(uri))
    if scheme in ("http", "https"):
        from pairlog.source_http import HttpSource

        return HttpSource(uri, os.environ.get("PAIRLOG_TOKEN", ""))
    for entry in entry_points(group="pairlog.sources", name=scheme.partition("+")[0]):
        source: Source = entry.load()(uri)
        return source
    raise UserError(f"no source reads {scheme}:// addresses; install pairlog[collector] or check {uri}")


def find_session(source: Source, wanted: str) -> SessionInfo:
    """The session with this id, or with this beginning of an id where only one has it.

    Raises UserError where none, or more than one, fits.
    """
    rows = [row for row in source.sessions() if row.session.startswith(wanted)]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise UserError(f"no session {wanted} here; `pairlog sessions` lists what there is")
    raise UserError(f"{len(rows)} sessions begin with {wanted}; give more of the id")
