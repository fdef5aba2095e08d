"""What a worker counts of its work, in the form of Prometheus. No name and no id of anybody is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from collector_api.decoder import Line
from pairlog.moment import later, milliseconds

_LAG_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 600, 3600, 86400)
_TOOK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The counts of one worker since it began."""

    def __init__(
        self,
        waiting: Callable[[], int],
        watching: Callable[[], int],
        stale: Callable[[], float],
        clock: Callable[[], float] = time,
    ) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._events = Counter("pairlog_events", "Events that became durable", registry=self._registry)
        self._bytes = Counter(
            "pairlog_frame_bytes", "Bytes of the frames that brought them", registry=self._registry
        )
        self._lag = Histogram(
            "pairlog_lag_seconds",
            "From the first event of a frame to the moment when it was durable",
            buckets=_LAG_S,
            registry=self._registry,
        )
        self._requests = Histogram(
            "pairlog_request_seconds",
            "Requests, to the first byte of their answers",
            ("method", "route", "status"),
            buckets=_TOOK_S,
            registry=self._registry,
        )
        self._refusals = Counter(
            "pairlog_refusals", "Problems that were answered", ("code", "limit"), registry=self._registry
        )
        queue = Gauge("pairlog_writer_queue", "Jobs that wait to be written", registry=self._registry)
        queue.set_function(waiting)
        watchers = Gauge("pairlog_watchers", "Connections that watch a session", registry=self._registry)
        watchers.set_function(watching)
        lake = Gauge(
            "pairlog_lake_files_stale",
            "Files of the lake that hold what was taken back",
            registry=self._registry,
        )
        lake.set_function(stale)

    def stored(self, started_at: str, fresh: Sequence[Line], size: int) -> None:
        """Count the new lines of a frame, which are durable now."""
        self._events.inc(len(fresh))
        self._bytes.inc(size)
        happened_ms = milliseconds(later(started_at, fresh[0].t))
        # A clock that goes ahead of this one tells nothing.
        self._lag.observe(max(0.0, self._clock() - happened_ms / 1000))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def refused(self, code: str, limit: str) -> None:
        """Count a problem, by its code, and by the limit that it names."""
        self._refusals.labels(code, limit).inc()

    def text(self) -> bytes:
        """All counts, in the text format of Prometheus."""
        return generate_latest(self._registry)
