"""How long something that failed is tried again."""

from __future__ import annotations

from collections.abc import Callable

from pairlog.backoff import Backoff
from pairlog.client.errors import CollectorError


class Patience:
    """The pauses between the tries of one request; together they take `seconds_max` at most."""

    def __init__(self, seconds_max: float, sleep: Callable[[float], None]) -> None:
        self._seconds_max = seconds_max
        self._sleep = sleep
        self.renew()

    def renew(self) -> None:
        """It went on: what failed before counts no more."""
        self._backoff = Backoff()
        self._waited = 0.0

    def wait(self, error: CollectorError) -> None:
        """Pause before another try, as long as the collector asks for.

        Raises the error where another try makes no sense, or would come too late.
        """
        pause = self._backoff.failed(0.0, error.retry_after)
        if not error.is_passing or self._waited + pause > self._seconds_max:
            raise error from None
        self._waited += pause
        self._sleep(pause)
