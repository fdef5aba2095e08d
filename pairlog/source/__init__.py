"""Where sessions are read from: `open_source(uri)`.

- a path: an exported session (`.ndjson`, `.ndjson.gz`), the folder of one, or a folder of such folders;
- `http://` or `https://`: a collector, with the token in `PAIRLOG_TOKEN`;
- any other scheme: whatever is registered under the entry points `pairlog.sources`, such as the
  collector's own database.
"""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from pathlib import Path

from pairlog.errors import UserError
from pairlog.source.files import FileSource
from pairlog.source.info import SessionInfo, Source

__all__ = ["SessionInfo", "Source", "find_session", "open_source"]


def open_source(uri: str) -> Source:
    """The source behind `uri`. Raises UserError where there is none."""
    scheme, separator, _ = uri.partition("://")
    if not separator:
        return FileSource(Path(uri))
    if scheme in ("http", "https"):
        from pairlog.source.http import HttpSource

        return HttpSource(uri, os.environ.get("PAIRLOG_TOKEN", ""))
    for entry in entry_points(group="pairlog.sources", name=scheme.partition("+")[0]):
        source: Source = entry.load()(uri)
        return source
    raise UserError(f"no source reads {scheme}:// addresses; install pairlog[collector] or check {uri}")


def find_session(source: Source, wanted: str) -> SessionInfo:
    """The session with this id, or with this beginning of an id where only one has it.

    Raises UserError where none, or more than one, fits.
    """
    rows = [row for row in source.sessions() if wanted and row.session.startswith(wanted)]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise UserError(f"no session {wanted!r} here; `pairlog sessions` lists what there is")
    raise UserError(f"{len(rows)} sessions begin with {wanted}; give more of the id")
