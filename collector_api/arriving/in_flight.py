"""Bytes in flight: what requests hold in memory until they are answered, bounded for all and for each token.

A slow disk or many large requests at once are answered with `429` instead of growth.
"""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from collector_api.limits import Limits
from collector_api.problems import TooFast


class InFlight:
    """The bytes that one event loop holds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all = 0
        self._of: Counter[int] = Counter()

    @property
    def bytes(self) -> int:
        """How many bytes are held now."""
        return self._all

    def held(self, token: int) -> Held:
        """What a request of this token holds, until the end of a `with`."""
        return Held(self, token)

    def take(self, token: int, size: int) -> None:
        """Count bytes to a token. Raises TooFast where there is no room for them."""
        limits = self._limits
        if self._of[token] + size > limits.token_in_flight_bytes_max:
            raise TooFast(
                "what was sent with this token and is not answered yet has more than "
                f"`token_in_flight_bytes_max`, {limits.token_in_flight_bytes_max}; try again in a second"
            )
        if self._all + size > limits.in_flight_bytes_max:
            raise TooFast(
                f"requests under way have more than `in_flight_bytes_max`, {limits.in_flight_bytes_max}; "
                "try again in a second"
            )
        self._all += size
        self._of[token] += size

    def give_back(self, token: int, size: int) -> None:
        """Count bytes no more."""
        self._all -= size
        self._of[token] -= size
        if not self._of[token]:
            del self._of[token]


class Held:
    """The bytes that one request holds."""

    def __init__(self, in_flight: InFlight, token: int) -> None:
        self._in_flight = in_flight
        self.token = token
        self._bytes = 0

    def __enter__(self) -> Held:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._in_flight.give_back(self.token, self._bytes)

    def take(self, size: int) -> None:
        """Hold so many bytes more. Raises TooFast where there is no room for them."""
        self._in_flight.take(self.token, size)
        self._bytes += size
