"""The senses of one recording: started with it, heard in the event loop's thread, stopped when it ends.

Nothing that goes wrong in a sense reaches the recorder.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TypeVar

from lsp_server.recording.documents import Documents
from lsp_server.recording.recording import Recording
from lsp_server.senses.sense import Act, Deaf, HearFiles, Place, Sense

_Answer = TypeVar("_Answer")
#: After so long a thread that works lets the event loop in. A key waits for that several times, as each read
#: and write of it gives the turn away.
_TURN_SECONDS = 0.0005
#: So often a thread that asks looks whether the recording is over. A loop may stand still for long, as a
#: laptop that sleeps does.
_LOOK_SECONDS = 1.0


class Senses:
    """What a recording perceives by itself."""

    def __init__(
        self,
        recording: Recording,
        loop: asyncio.AbstractEventLoop,
        senses: Iterable[Sense],
        watch_by_client: Callable[[HearFiles], bool] = lambda _hear: False,
    ) -> None:
        """`watch_by_client` as `Place` has it."""
        self._recording: Recording | None = recording
        self._loop = loop
        sys.setswitchinterval(_TURN_SECONDS)
        self._senses: list[Sense] = []
        place = Place(
            recording.root,
            recording.home,
            recording.rules,
            recording.encoding,
            self._ask,
            watch_by_client,
            self._show,
            lambda: recording.told_from_ms,
            lambda: recording.recorder.runs.began,
        )
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

    def _show(self, words: str) -> None:
        if self._recording is not None:
            self._recording.remark_of_senses = words

    def _ask(self, question: Callable[[Documents], _Answer]) -> _Answer:
        answer: Future[_Answer] = Future()
        try:
            self._loop.call_soon_threadsafe(self._reply, question, answer)
        except RuntimeError:
            # The loop is closed.
            raise Deaf from None
        while not wait([answer], _LOOK_SECONDS).done:
            if self._recording is None or self._loop.is_closed():
                raise Deaf
        return answer.result()

    def _reply(self, question: Callable[[Documents], _Answer], answer: Future[_Answer]) -> None:
        if self._recording is None or self._recording.is_over:
            answer.set_exception(Deaf())
            return
        try:
            answer.set_result(question(self._recording.documents))
        except Exception as error:
            answer.set_exception(error)

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
