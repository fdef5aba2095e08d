"""Bringing what was erased, masked or forgotten out of the write-ahead log, as soon as no reader holds it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from collector_api import database

#: How long an attempt may keep writers waiting, and how long it is left alone after one that failed.
WAIT_MS_MAX = 100
AGAIN_S = 1.0
#: How long closing waits for an attempt.
JOIN_S_MAX = 1.0

_log = logging.getLogger(__name__)


class Scrubber:
    """Scrubs the log of one store; what cannot be done at once is tried again in the background."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._clean = threading.Event()
        self._clean.set()
        self._thread = threading.Thread(target=self._run, name="scrubber", daemon=True)
        self._thread.start()

    def scrub(self) -> None:
        """Scrub now, or, where somebody reads an older state of the store, as soon as that ends."""
        self._clean.clear()
        if not self._try():
            self._wanted.set()

    def scrubbed(self, wait_s: float) -> bool:
        """Whether nothing is left to scrub, or will be within that time."""
        return self._clean.wait(wait_s)

    def close(self) -> None:
        """End the thread; a last attempt is made where one waits."""
        self._closing.set()
        self._wanted.set()
        self._thread.join(JOIN_S_MAX)

    def _run(self) -> None:
        while self._wanted.wait() and not self._closing.is_set():
            self._wanted.clear()
            if not self._try():
                self._closing.wait(AGAIN_S)
                self._wanted.set()
        self._try()

    def _try(self) -> bool:
        try:
            clean = database.scrub_log(self._file, WAIT_MS_MAX)
        except sqlite3.Error as error:
            _log.warning("the log of %s cannot be scrubbed yet: %s", self._file, error)
            return False
        if clean:
            self._clean.set()
        return clean
