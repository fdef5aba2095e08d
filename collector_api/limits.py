"""A limit on everything that comes from outside, and the pace of requests. Each refusal names its limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from math import ceil
from time import monotonic

from starlette.requests import ClientDisconnect

from collector_api.problems import OverLimit, Slow, TooFast
from pairlog.line import LINE_BYTES_MAX

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one request, and one contributor, may take."""

    frame_bytes_max: int = 24 * _MIB
    frame_unpacked_bytes_max: int = 64 * _MIB
    frame_events_max: int = 20_000
    line_bytes_max: int = LINE_BYTES_MAX
    #: Arrays and objects of one line: how deep, and how many, because each takes memory.
    json_depth_max: int = 64
    json_containers_max: int = 250_000
    blob_bytes_max: int = 64 * _MIB
    redaction_bytes_max: int = 2 * _MIB
    #: Spans, saves and blobs of one redaction, and those kept of one session: applied, and waiting for lines.
    redaction_spans_max: int = 10_000
    session_spans_max: int = 100_000
    study_bytes_max: int = 16 * 1024
    body_seconds_max: int = 60
    #: What requests that are not answered yet hold, unpacked: in one process, and of one token.
    in_flight_bytes_max: int = 192 * _MIB
    token_in_flight_bytes_max: int = 96 * _MIB
    sessions_max: int = 100_000
    contributor_bytes_max: int = 64 * 1024 * _MIB
    requests_per_second_max: int = 500
    requests_burst_max: int = 2_000
    rows_max: int = 1_000
    watchers_max: int = 32


def _uncounted(size: int) -> None:
    """A body so small that it makes no difference."""


async def read_body(
    chunks: AsyncIterator[bytes],
    announced: str | None,
    limit: str,
    bytes_max: int,
    seconds_max: float,
    hold: Callable[[int], None] = _uncounted,
) -> bytes:
    """The body of a request, at most `bytes_max` bytes of it in memory; `hold` is told of each part of it.

    Raises OverLimit as soon as it is known to be longer, Slow where it takes longer than `seconds_max`.
    """
    if announced is not None and announced.isdecimal() and int(announced) > bytes_max:
        raise OverLimit(limit, bytes_max, f"the body has {announced} bytes")

    body = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in chunks:
                hold(len(chunk))
                body += chunk
                if len(body) > bytes_max:
                    raise OverLimit(limit, bytes_max, f"the body has more than {bytes_max} bytes")
    except ClientDisconnect:
        raise Slow("the connection ended before the body did") from None
    except asyncio.TimeoutError:
        raise Slow(f"the body did not arrive within `body_seconds_max`, {seconds_max} seconds") from None
    return bytes(body)


class Pace:
    """A bucket of requests per caller, filled at the rate that the limits allow."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        self._rate = limits.requests_per_second_max
        self._burst = limits.requests_burst_max
        self._clock = clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable) -> None:
        """Count one request of a caller. Raises TooFast where its bucket is empty."""
        left, moment = self._left(caller)
        if left < 1:
            wait_s = ceil((1 - left) / self._rate)
            raise TooFast(
                f"more than `requests_per_second_max`, {self._rate}; wait for {wait_s} s and go on", wait_s
            )
        self._buckets[caller] = (left - 1, moment)

    def charge(self, caller: Hashable, requests: int) -> None:
        """Count what costs as much as so many requests more; those that follow wait for it."""
        if requests:
            left, moment = self._left(caller)
            self._buckets[caller] = (left - requests, moment)

    def _left(self, caller: Hashable) -> tuple[float, float]:
        moment = self._clock()
        left, since = self._buckets.get(caller, (float(self._burst), moment))
        return min(float(self._burst), left + (moment - since) * self._rate), moment
