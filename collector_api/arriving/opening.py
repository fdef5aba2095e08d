"""A frame as it came becomes checked lines: a small one where it is, a large one beside the event loop."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool

from collector_api.arriving.in_flight import Held
from collector_api.limits import Limits, Pace
from collector_api.lines.decoder import Line, read_lines
from collector_api.lines.intake import check_order
from collector_api.problems import BadFrame, OverLimit
from pairlog.frame import FrameError, FrameTooLargeError, unpack

#: Frames of so many bytes, also unpacked, are decoded where they arrive: the way to another thread would take
#: longer. Larger ones count as a request for each time that they have as many.
_AT_ONCE_BYTES_MAX = 128 * 1024
_GZIP = b"\x1f\x8b"


class Opener:
    """Opens the frames that one event loop takes; large ones one after the other: each takes memory."""

    def __init__(self, limits: Limits, pace: Pace) -> None:
        self._limits = limits
        self._pace = pace
        self._large = asyncio.Lock()

    async def open(self, body: bytes, session: str, held: Held) -> list[Line]:
        """The checked lines of a frame, in order, at least one. Raises the Problem that forbids it."""
        size = min(_said(body), self._limits.frame_unpacked_bytes_max)
        held.take(size)
        # A long body takes its time also where it unpacks to little.
        effort = max(size, len(body))
        self._pace.charge(held.token, effort // _AT_ONCE_BYTES_MAX)
        if effort <= _AT_ONCE_BYTES_MAX:
            return open_frame(body, session, self._limits, size)
        async with self._large:
            return await run_in_threadpool(open_frame, body, session, self._limits, size)


def open_frame(body: bytes, session: str, limits: Limits, bytes_max: int) -> list[Line]:
    """The checked lines of a frame, in order, at least one. Raises the Problem that forbids it.

    It unpacks to `bytes_max` at most: what it says itself, or the limit.
    """
    try:
        # How long a line may be is asked line by line, so that the answer can name it.
        raws = unpack(body, bytes_max, bytes_max) if body else []
    except FrameTooLargeError as error:
        most = limits.frame_unpacked_bytes_max
        if bytes_max < most:
            raise BadFrame(f"the body is no frame: {error}, which is what it says of itself") from None
        raise OverLimit("frame_unpacked_bytes_max", most, f"the frame has {error}") from None
    except FrameError as error:
        raise BadFrame(f"the body is no frame: {error}; send one gzip member of whole lines") from None
    if not raws:
        raise BadFrame("the frame has no line; send one gzip member of whole lines")
    if len(raws) > limits.frame_events_max:
        raise OverLimit("frame_events_max", limits.frame_events_max, f"the frame has {len(raws)} lines")
    lines = read_lines(raws, session, limits)
    check_order(lines)
    return lines


def _said(body: bytes) -> int:
    """The size at the end of a gzip member (RFC 1952, ISIZE)."""
    return int.from_bytes(body[-4:], "little") if body.startswith(_GZIP) else 0
