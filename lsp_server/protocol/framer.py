"""Bytes from a language client, in whatever pieces they come, to the bodies of its messages.

Nothing is decoded here. One whole message in one read, which is what a key typed by a person is, is
sliced out without being copied together first.
"""

from __future__ import annotations

_LENGTH = b"Content-Length: "
_HEADER_BYTES_MAX = 4096


class FramingError(ValueError):
    """The stream is no longer in step: no message can be told from here on."""


class Framer:
    """Cuts a stream of LSP's base protocol into bodies. `feed` each piece as it is read."""

    __slots__ = ("_missing", "_parts", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        # A long body comes in many pieces, which are joined once, when the last one is there.
        self._parts: list[bytes] = []
        self._missing = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are whole with `data`. Raises FramingError where a header has no length."""
        if self._missing:
            self._parts.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return []
            data = b"".join(self._parts)
            self._parts = []
            self._missing = 0
        elif self._rest:
            data = self._rest + data
        self._rest = b""
        bodies: list[bytes] = []
        position, size = 0, len(data)
        while position < size:
            end = data.find(b"\r\n\r\n", position)
            if end < 0:
                if size - position > _HEADER_BYTES_MAX:
                    raise FramingError(f"a header of more than {_HEADER_BYTES_MAX} bytes")
                break
            body = end + 4
            after = body + _length(data[position:end])
            if after > size:
                self._parts = [data[position:]]
                self._missing = after - size
                return bodies
            bodies.append(data[body:after])
            position = after
        if position < size:
            self._rest = data[position:]
        return bodies


def _length(header: bytes) -> int:
    if header.startswith(_LENGTH) and header[16:].isdigit():
        return int(header[16:])
    for field in header.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    raise FramingError("a message without its Content-Length")
