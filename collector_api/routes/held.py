"""An answer that holds something until it is read: bytes in memory, a place among those who watch, a turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

_PIECE_BYTES = 256 * 1024


class HeldAnswer(StreamingResponse):
    """What `content` brings; `held` is let go of when all of it is sent, or nobody takes it any more."""

    def __init__(
        self, content: Iterator[bytes] | AsyncIterator[bytes], held: ExitStack, media_type: str
    ) -> None:
        super().__init__(content, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._held:
            await super().__call__(scope, receive, send)


def pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces so small that a connection that takes one each minute still goes on."""
    for part in parts:
        for start in range(0, len(part), _PIECE_BYTES):
            yield part[start : start + _PIECE_BYTES]
