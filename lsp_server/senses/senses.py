"""The senses of one recording: started with it, heard in the event loop's thread, stopped when it ends.

Nothing that goes wrong in a sense reaches the recorder.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress

from lsp_server.recording.session import Recording
from lsp_server.senses.sense import Act, Place, Sense


class Senses:
    """What a recording perceives by itself."""

    def __init__(
        self, recording: Recording, loop: asyncio.AbstractEventLoop, senses: Iterable[Sense] = ()
    ) -> None:
        self._recording: Recording | None = recording
        self._loop = loop
        self._senses: list[Sense] = []
        place = Place(recording.root, recording.home, recording.rules, recording.encoding)
        for sense in senses:
            try:
                sense.start(place, self._tell)
                self._senses.append(sense)
            except Exception as error:
                _complain(sense, error)

    def stop(self) -> None:
        """Perceive nothing any more."""
        self._recording = None
        for sense in self._senses:
            try:
                sense.stop()
            except Exception as error:
                _complain(sense, error)
        self._senses = []

    def _tell(self, act: Act) -> None:
        # Where the loop is closed nobody listens any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._hear, act)

    def _hear(self, act: Act) -> None:
        if self._recording is None:
            return
        try:
            self._recording.perceive(act)
        except Exception as error:
            print(f"pairlog: what was seen outside could not be recorded: {error!r}", file=sys.stderr)
            self._recording.perceive(
                lambda recorder: recorder.gap("not_emitted", "what was seen outside could not be recorded")
            )


def _complain(sense: Sense, error: Exception) -> None:
    print(f"pairlog: {type(sense).__name__} does not work here: {error!r}", file=sys.stderr)
