"""Minutes taken back in a spool: by its recorder, and by the sender where the recorder is gone."""

from __future__ import annotations

import errno
import os

from lsp_server.blob_store import BlobStore
from lsp_server.forgotten import ForgottenWords
from lsp_server.layout import SessionFiles
from lsp_server.lines import Lines
from lsp_server.refused import Refused
from lsp_server.rewriting import replace
from lsp_server.spool import Spool
from pairlog.forgetting import Forgotten, window
from pairlog.forgetting import forget as forget_lines
from pairlog.frame import whole_lines
from pairlog.home import Home
from pairlog.line import parse


def forget(home: Home, spool: Spool, lines: Lines, since_ms: int, until_ms: int) -> None:
    """Take minutes back in a session that is being recorded. Raises OSError."""
    spool.drain()
    if spool.waiting:
        raise OSError(errno.ENOSPC, spool.trouble or os.strerror(errno.ENOSPC))
    forgotten = _taken_back(home, spool.lines(), since_ms, until_ms)
    if forgotten is not None:
        spool.rewrite(forgotten.lines)
        opened = {parse(line)["doc"] for line in forgotten.lines if b'"type":"open"' in line}
        lines.forgot(opened, forgotten.standing)


def forget_in_file(home: Home, files: SessionFiles, since_ms: int, until_ms: int) -> bool:
    """Take minutes back where the recorder is gone; returns whether there were any. Raises OSError."""
    lines, _torn = whole_lines(files.spool.read_bytes())
    forgotten = _taken_back(home, lines, since_ms, until_ms)
    if forgotten is None:
        return False
    Refused(files.refused).forget()
    replace(files.spool, forgotten.lines)
    return True


def _taken_back(home: Home, lines: list[bytes], since_ms: int, until_ms: int) -> Forgotten | None:
    """A session's lines without those of this time; None where it has none."""
    found = window(lines, since_ms, until_ms)
    if found is None:
        return None
    blobs = BlobStore(home.blobs)

    def read_blob(digest: str) -> bytes:
        return blobs.get(digest) or b""

    forgotten = forget_lines(lines, *found, read_blob, needs_rebase=False, is_raw=True)
    if forgotten.lines == lines:
        return None
    for data in forgotten.blobs.values():
        blobs.keep(data)
    # Before the lines are gone: what was typed must not come back with the next document that holds it.
    ForgottenWords(home).add(forgotten.words)
    return forgotten
