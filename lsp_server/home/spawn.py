"""Starting the sender: a process of its own, which outlives the editor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lsp_server.home.locks import is_held
from pairlog.home import Home

_LOG_BYTES_MAX = 1024 * 1024
#: An editor's extension brings all packages itself and keeps those of the machine out.
_SITE = ["-S"] if sys.flags.no_site else []
if sys.platform == "win32":
    _FLAGS = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _FLAGS = 0


def sender_runs(home: Home) -> bool:
    """Whether this home has a living sender."""
    return is_held(home.path / "sender.lock")


def start_sender(home: Home) -> subprocess.Popen[bytes]:
    """Start a sender for this home; one that finds another at work leaves at once. Raises OSError."""
    log = home.path / "sender.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.unlink()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(import_path()), "PYTHONSAFEPATH": "1"}
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, *_SITE, "-m", "lsp_server.sending.sender", str(home.path)],
            # Before Python 3.11 `-m` looks for modules here first: a folder that only the user writes.
            cwd=home.path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            creationflags=_FLAGS,
            start_new_session=True,
        )


def import_path() -> list[str]:
    """The folders that Python imports from, without the one that it was started in."""
    return [folder for folder in sys.path if folder and Path(folder).is_absolute()]
