"""Server-sent events to the text of a completion, piece by piece, with a limit on everything; pure.

The form is the WHATWG HTML standard's, section 9.2 ("Server-sent events"), of which `data` alone counts
here, and OpenAI's `data: [DONE]` at the end. A line that cannot be a field, as of a web page, is refused.
"""

from __future__ import annotations

import json
import re

from lsp_server.completion.prompt import WrongAnswer, piece_of

#: More is no completion: an endpoint that goes on is left.
ANSWER_BYTES_MAX = 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
_TEXT_CHARS_MAX = 16 * 1024
_BOM = b"\xef\xbb\xbf"
#: A comment has no name.
_FIELD = re.compile(rb"[\w.-]*:")


class Stream:
    """The answer to one request. `feed` what comes; `text` is what it has told so far."""

    def __init__(self) -> None:
        self.text = ""
        #: The endpoint said that nothing more comes, or enough has come.
        self.is_done = False
        #: The line that has no end yet, in the pieces that it came in.
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._size = 0
        self._has_begun = False

    def feed(self, data: bytes) -> None:
        """Take in a piece. Raises WrongAnswer for one that is none of the protocol's."""
        self._size += len(data)
        if self._size > ANSWER_BYTES_MAX:
            raise WrongAnswer(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        self._rest.append(data)
        self._rest_size += len(data)
        if b"\n" in data or b"\r" in data:
            lines = b"".join(self._rest).splitlines(keepends=True)
            self._rest = [] if lines[-1].endswith((b"\n", b"\r")) else [lines.pop()]
            self._rest_size = sum(map(len, self._rest))
            for line in lines:
                self._take(line)
        if self._rest_size > LINE_BYTES_MAX:
            raise WrongAnswer(f"a line of more than {LINE_BYTES_MAX} bytes")

    def end(self) -> None:
        """The connection is closed: what is not finished by then is taken as it is."""
        self._take(b"".join(self._rest))
        self.is_done = True

    def _take(self, line: bytes) -> None:
        if self.is_done:
            return
        if not self._has_begun:
            self._has_begun = True
            line = line.removeprefix(_BOM)
        line = line.strip()
        if line and not _FIELD.match(line):
            raise WrongAnswer("a line that is no event")
        if not line.startswith(b"data:"):
            return
        if len(line) > LINE_BYTES_MAX:
            raise WrongAnswer(f"a line of more than {LINE_BYTES_MAX} bytes")
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
