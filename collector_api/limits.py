"""A limit on everything that comes from outside, and the pace of requests. Each refusal names its limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from math import ceil
from time import monotonic

from starlette.requests import ClientDisconnect

from collector_api.problems import OverLimit, Slow, TooFast
from pairlog.errors import UserError
from pairlog.line import LINE_BYTES_MAX

_MIB = 1024 * 1024
_PREFIX = "PAIRLOG_LIMIT_"
#: From so many callers on, those who ask for nothing at the moment are forgotten.
_CALLERS_MAX = 10_000


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
    #: The requests that say these: a frame that any of them may reach is held against all.
    session_redactions_bytes_max: int = 16 * _MIB
    study_bytes_max: int = 16 * 1024
    body_seconds_max: int = 60
    #: What requests that are not answered yet hold, unpacked: in one process, and of one token.
    in_flight_bytes_max: int = 192 * _MIB
    token_in_flight_bytes_max: int = 96 * _MIB
    #: What answers that are not read yet hold, in the same way.
    answers_bytes_max: int = 192 * _MIB
    token_answers_bytes_max: int = 96 * _MIB
    #: Requests that go through whole sessions, in one process; of one token, one. One that forgets has the
    #: session in memory; an export is under way until it is read.
    forgets_max: int = 2
    exports_max: int = 8
    sessions_max: int = 100_000
    contributor_bytes_max: int = 64 * 1024 * _MIB
    requests_per_second_max: int = 500
    requests_burst_max: int = 2_000
    #: From one address without a token, or with one that is not in force.
    address_requests_per_second_max: int = 100
    address_requests_burst_max: int = 1_000
    rows_max: int = 1_000
    watchers_max: int = 32


def limits_of(environment: Mapping[str, str]) -> Limits:
    """The limits, but for those that `PAIRLOG_LIMIT_` and the name of one in capitals sets.

    Raises UserError for a name that is none, and for what is no number above 0.
    """
    names = {f"{_PREFIX}{field.name.upper()}": field.name for field in fields(Limits)}
    said = {name: value for name, value in environment.items() if name.startswith(_PREFIX)}
    for name, value in said.items():
        if name not in names:
            raise UserError(f"{name} is no limit; collector_api/limits.py lists them")
        if not value.isascii() or not value.isdigit() or not 0 < int(value) < 2**63:
            raise UserError(f"{name} is `{value}`; give a number above 0")
    return Limits(**{names[name]: int(value) for name, value in said.items()})


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
    """A bucket of requests per caller, filled at the rate of a limit."""

    def __init__(self, limit: str, rate: int, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable) -> None:
        """Count one request of a caller. Raises TooFast where its bucket is empty."""
        self.check(caller)
        self.charge(caller, 1)

    def check(self, caller: Hashable) -> None:
        """Raises TooFast where the bucket of a caller is empty."""
        left = self._left(caller, self._clock())
        if left < 1:
            wait_s = ceil((1 - left) / self._rate)
            raise TooFast(f"more than `{self._limit}`, {self._rate}; wait for {wait_s} s and go on", wait_s)

    def charge(self, caller: Hashable, requests: int) -> None:
        """Count what costs as much as so many requests; those that follow wait for it."""
        if not requests:
            return
        moment = self._clock()
        if len(self._buckets) >= _CALLERS_MAX and caller not in self._buckets:
            self._forget_full(moment)
        self._buckets[caller] = (self._left(caller, moment) - requests, moment)

    def _left(self, caller: Hashable, moment: float) -> float:
        left, since = self._buckets.get(caller, (float(self._burst), moment))
        return min(float(self._burst), left + (moment - since) * self._rate)

    def _forget_full(self, moment: float) -> None:
        self._buckets = {
            caller: bucket
            for caller, bucket in self._buckets.items()
            if self._left(caller, moment) < self._burst
        }
