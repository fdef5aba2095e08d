"""Minutes taken back of a session's lines as they lie in a home."""

from __future__ import annotations

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import SessionFiles
from lsp_server.home.refused import Refused
from lsp_server.home.rewriting import replace
from pairlog.forgetting import Forgotten, forget, window
from pairlog.frame import whole_lines
from pairlog.home import Home


def forget_in_file(home: Home, files: SessionFiles, since_ms: int, until_ms: int) -> bool:
    """Take minutes back where the recorder is gone; returns whether there were any. Raises OSError."""
    lines, _torn = whole_lines(files.spool.read_bytes())
    forgotten = forget_minutes(home, lines, since_ms, until_ms)
    if forgotten is None:
        return False
    Refused(files.refused).forget()
    replace(files.spool, forgotten.lines)
    return True


def forget_minutes(home: Home, lines: list[bytes], since_ms: int, until_ms: int) -> Forgotten | None:
    """A session's lines without those of this time, None where it has none; their words are remembered."""
    found = window(lines, since_ms, until_ms)
    if found is None:
        return None
    blobs = BlobStore(home.blobs)

    def read_blob(digest: str) -> bytes:
        return blobs.get(digest) or b""

    forgotten = forget(lines, *found, read_blob, needs_rebase=False, is_raw=True)
    if forgotten.lines == lines:
        return None
    for data in forgotten.blobs.values():
        blobs.keep(data)
    # Before the lines are gone: what was typed must not come back with the next document that holds it.
    ForgottenWords(home).add(forgotten.words)
    return forgotten
