"""Minutes taken back in a session that is being recorded."""

from __future__ import annotations

import errno
import os

from lsp_server.home.forgetting import forget_minutes
from lsp_server.home.spool import Spool
from lsp_server.recording.lines import Lines
from pairlog.home import Home
from pairlog.line import parse


def forget(home: Home, spool: Spool, lines: Lines, since_ms: int, until_ms: int) -> None:
    """Take minutes back in the spool, and write the documents anew. Raises OSError."""
    spool.drain()
    if spool.waiting:
        raise OSError(errno.ENOSPC, spool.trouble or os.strerror(errno.ENOSPC))
    forgotten = forget_minutes(home, spool.lines(), since_ms, until_ms)
    if forgotten is not None:
        spool.rewrite(forgotten.lines)
        opened = {parse(line)["doc"] for line in forgotten.lines if b'"type":"open"' in line}
        lines.forgot(opened, forgotten.standing)
