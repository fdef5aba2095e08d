"""Bytes in flight: what requests hold in memory until they are answered, and answers until they are taken.

Both are bounded for all and for each token: a slow disk, many large requests at once or readers that do not
read are answered with `429` instead of growth.
"""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Literal

from collector_api.limits import Limits
from collector_api.problems import TooFast

Way = Literal["in_flight", "answers"]

_OF_TOKEN = {
    "in_flight": "what was sent with this token and is not answered yet",
    "answers": "what was asked with this token and is not read yet",
}
_OF_ALL = {"in_flight": "requests under way", "answers": "answers that are not read yet"}


class InFlight:
    """The bytes that one event loop holds of what comes in, or of the `answers` that go out."""

    def __init__(self, limits: Limits, way: Way = "in_flight") -> None:
        self._way = way
        self._limit, self._token_limit = f"{way}_bytes_max", f"token_{way}_bytes_max"
        self._most: int = getattr(limits, self._limit)
        self._token_most: int = getattr(limits, self._token_limit)
        self._all = 0
        self._of: Counter[int] = Counter()

    @property
    def bytes(self) -> int:
        """How many bytes are held now."""
        return self._all

    @property
    def most(self) -> int:
        """How many bytes one token may hold."""
        return min(self._most, self._token_most)

    def held(self, token: int) -> Held:
        """What a request of this token holds, until the end of a `with`."""
        return Held(self, token)

    def take(self, token: int, size: int) -> None:
        """Count bytes to a token. Raises TooFast where there is no room for them."""
        if self._of[token] + size > self._token_most:
            raise TooFast(
                f"{_OF_TOKEN[self._way]} has more than `{self._token_limit}`, {self._token_most}; "
                "try again in a second"
            )
        if self._all + size > self._most:
            raise TooFast(
                f"{_OF_ALL[self._way]} have more than `{self._limit}`, {self._most}; try again in a second"
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
        self.let_go()

    def take(self, size: int) -> None:
        """Hold so many bytes more. Raises TooFast where there is no room for them."""
        self._in_flight.take(self.token, size)
        self._bytes += size

    @property
    def most(self) -> int:
        """How many bytes it could hold if nobody else held any."""
        return self._in_flight.most

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._in_flight.give_back(self.token, self._bytes)
        self._bytes = 0
