"""The browser's way in: a one-time address, or a typed token, becomes a cookie for one session."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from time import monotonic

from collector_api.tokens import Principal

COOKIE = "pairlog"
_HOURS_MAX = 12
#: More cookies than people who look at one collector; the oldest give way.
_COOKIES_MAX = 1_000


class Browser:
    """The cookies that are good now, in memory alone: a restart ends them."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._keys: dict[str, Principal] = {}
        self._cookies: dict[str, tuple[Principal, float]] = {}

    def one_time_key(self, principal: Principal) -> str:
        """A key that opens the pages once, as this principal."""
        key = secrets.token_urlsafe(32)
        self._keys[_digest(key)] = principal
        return key

    def enter(self, key: str) -> str | None:
        """A cookie for a one-time key; None where the key is unknown or used."""
        principal = self._keys.pop(_digest(key), None)
        return None if principal is None else self.admit(principal)

    def admit(self, principal: Principal) -> str:
        """A cookie for this principal."""
        while len(self._cookies) >= _COOKIES_MAX:
            del self._cookies[next(iter(self._cookies))]
        cookie = secrets.token_urlsafe(32)
        self._cookies[_digest(cookie)] = (principal, self._clock() + _HOURS_MAX * 3600)
        return cookie

    def who(self, cookie: str) -> Principal | None:
        """Whose cookie this is; None where it is unknown or too old."""
        principal, until = self._cookies.get(_digest(cookie), (None, 0.0))
        return principal if self._clock() < until else None

    def leave(self, cookie: str) -> None:
        """Forget a cookie."""
        self._cookies.pop(_digest(cookie), None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
