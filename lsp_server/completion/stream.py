"""Server-sent events to the text of a completion, piece by piece, with a limit on everything; pure.

The form is the WHATWG HTML standard's, section 9.2 ("Server-sent events"), of which `data` alone counts
here, and OpenAI's `data: [DONE]` at the end.
"""

from __future__ import annotations

import json

from lsp_server.completion.prompt import WrongAnswer, piece_of

#: More is no completion: an endpoint that goes on is left.
ANSWER_BYTES_MAX = 1024 * 1024
_TEXT_CHARS_MAX = 16 * 1024


class Stream:
    """The answer to one request. `feed` what comes; `text` is what it has told so far."""

    def __init__(self) -> None:
        self.text = ""
        #: The endpoint said that nothing more comes, or enough has come.
        self.is_done = False
        self._rest = b""
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take in a piece. Raises WrongAnswer for one that is none of the protocol's."""
        self._size += len(data)
        if self._size > ANSWER_BYTES_MAX:
            raise WrongAnswer(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        for line in lines:
            if not self.is_done:
                self._take(line.strip())

    def end(self) -> None:
        """The connection is closed: what is not finished by then is taken as it is."""
        if not self.is_done and self._rest:
            self._take(self._rest.strip())
        self.is_done = True

    def _take(self, line: bytes) -> None:
        if not line or line.startswith((b":", b"event:", b"id:", b"retry:")):
            return
        if not line.startswith(b"data:"):
            raise WrongAnswer("a line that is no event")
        data = line[5:].strip()
        if data == b"[DONE]":
            self.is_done = True
            return
        self.text += piece_of(decoded(data))
        if len(self.text) > _TEXT_CHARS_MAX:
            self.is_done = True


def decoded(data: bytes) -> object:
    """A JSON value. Raises WrongAnswer where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise WrongAnswer("an answer that is no JSON") from None
