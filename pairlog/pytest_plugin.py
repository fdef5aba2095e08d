"""The pytest plugin `pairlog`: tells a recorder that is near of a test run, and is silent where none is.

pytest loads it by its entry point. Nothing more is imported before a recorder of the folder was found.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

#: As early as anybody can know of the first run in this process: the texts that it sees are those of now.
_loaded: float | None = time.monotonic()
_BEGUN = pytest.StashKey[float]()


def pytest_configure(config: pytest.Config) -> None:
    """Note when this run began; a later one in the same process begins here."""
    global _loaded
    config.stash[_BEGUN] = time.monotonic() if _loaded is None else _loaded
    _loaded = None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Look for recorders; a run's helpers (of pytest-xdist) leave that to who collects their results."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    home = _home()
    if not (home / "listening").is_dir():
        return
    from pairlog.listening import near

    listeners = near(home, (str(config.rootpath), str(config.invocation_params.dir)))
    if listeners:
        from pairlog.pytest_reporter import Reporter

        config.pluginmanager.register(Reporter(config, listeners, config.stash[_BEGUN]), "pairlog-reporter")


def _home() -> Path:
    named = os.environ.get("PAIRLOG_HOME")
    if named:
        return Path(named).expanduser()
    from pairlog.home import default_home

    return default_home()
