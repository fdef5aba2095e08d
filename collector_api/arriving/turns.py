"""Turns: requests that go through whole sessions are few at once, and one of each token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from collector_api.problems import TooFast

_RETRY_S = 2


class Turns:
    """The requests of one kind that one event loop has under way; `limit` names how many may be."""

    def __init__(self, limit: str, most: int) -> None:
        self._limit = limit
        self._most = most
        self._tokens: set[int] = set()

    @contextmanager
    def taken(self, token: int) -> Iterator[None]:
        """A turn of this token. Raises TooFast where it has one, or where too many others have."""
        if token in self._tokens:
            raise TooFast(
                "this token has one such request under way; try again once it is answered", _RETRY_S
            )
        if len(self._tokens) >= self._most:
            raise TooFast(
                f"`{self._limit}`, {self._most}, such requests are under way; try again in {_RETRY_S} s",
                _RETRY_S,
            )
        self._tokens.add(token)
        try:
            yield
        finally:
            self._tokens.remove(token)
