"""Message bodies to their handlers, in order: the two hot notifications at once, the rest through pygls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsp_server.protocol.framer import Framer

if TYPE_CHECKING:
    from lsp_server.completion.offers import Offers
    from lsp_server.recording.recording import Recording

_scan = json.JSONDecoder().raw_decode


class Inbox:
    """What arrives on standard input."""

    def __init__(self, handle: Callable[[Any], None], fail: Callable[[Exception], None]) -> None:
        """`handle` takes every other message, decoded; `fail` hears what could not be read or handled."""
        self.recording: Recording | None = None
        #: What edits go through where completions are offered.
        self.offers: Offers | None = None
        self._framer = Framer()
        self._handle = handle
        self._fail = fail

    def feed(self, data: bytes) -> None:
        """Handle the messages that are whole with `data`; what they record is in the kernel's hands then.

        Raises FramingError where the stream is out of step.
        """
        bodies = self._framer.feed(data)
        recording = self.recording
        if recording is not None:
            recording.recorder.read_clock()
        for body in bodies:
            try:
                message = _decode(body)
                method = message.get("method")
                if method == "textDocument/didChange":
                    if recording is not None:
                        recorder = recording.awake()
                        if self.offers is None:
                            recorder.did_change(message.get("params"))
                        else:
                            self.offers.watch.did_change(recorder, message.get("params"))
                    continue
                if method == "pairlog/observe":
                    if recording is not None:
                        recording.awake().observe(message.get("params"))
                        if self.offers is not None:
                            self.offers.watch.observe(message.get("params"))
                    continue
                if recording is not None:
                    recording.flush()
                self._handle(message)
                recording = self.recording
            except Exception as error:
                self._lost(error)
        if recording is not None:
            recording.flush()

    def _lost(self, error: Exception) -> None:
        """Nothing that a client sends ends the recording; what could not be understood is a `gap`."""
        if self.recording is not None:
            self.recording.awake().gap("unsupported", "a message that could not be read")
        self._fail(error)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    try:
        message = _scan(text)[0]
    except ValueError:
        # Blanks in front, or no JSON at all.
        message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("a message that is no JSON object")
    return message
