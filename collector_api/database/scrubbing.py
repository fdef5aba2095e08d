"""Bringing what was erased, masked or forgotten out of the files, as soon as no reader holds it."""

from __future__ import annotations

import logging
import threading

from collector_api.database.database import Database
from collector_api.problems import NoStorage

#: How long an attempt may keep writers waiting, and how long it is left alone after one that failed.
WAIT_MS_MAX = 100
AGAIN_S = 1.0
#: How long closing waits for an attempt.
JOIN_S_MAX = 1.0

_log = logging.getLogger(__name__)


class Scrubber:
    """Scrubs one database; what cannot be done at once is done in the background, again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._clean = threading.Event()
        self._clean.set()
        self._thread = threading.Thread(target=self._run, name="scrubber", daemon=True)
        self._thread.start()

    def scrub(self) -> None:
        """Scrub now, or, where that is dear or somebody reads an older state of the store, soon."""
        self._clean.clear()
        if self._database.scrub_pause_s or not self._try():
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
            if self._try():
                self._closing.wait(self._database.scrub_pause_s)
            else:
                self._closing.wait(AGAIN_S)
                self._wanted.set()
        if not self._clean.is_set():
            self._try()

    def _try(self) -> bool:
        try:
            clean = self._database.scrub(WAIT_MS_MAX)
        except NoStorage as error:
            _log.warning("%s cannot be scrubbed yet: %s", self._database.name, error.reason)
            return False
        # What was deleted since this attempt began waits for the next one.
        if clean and not self._wanted.is_set():
            self._clean.set()
        return clean
