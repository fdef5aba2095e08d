"""What is counted of the work, in the form of Prometheus. No name and no id of anybody is in it.

Several workers count in files of one folder, which the library reads together: whichever of them is asked
answers for all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
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
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from collector_api.lines.decoder import Line
from pairlog.moment import later, milliseconds

_LAG_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 600, 3600, 86400)
_TOOK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


#: Where the library looks for the folder, as it is imported.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def counting_together() -> Iterator[None]:
    """Processes that start within the `with` answer with the counts of all of them."""
    with TemporaryDirectory(prefix="pairlog-counts-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def ended(pid: int) -> None:
    """What a process counts as being so now ends with it; what it counted stays."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


class Metrics:
    """The counts since this process, or the one that started it and others, began."""

    def __init__(
        self,
        waiting: Callable[[], int],
        watching: Callable[[], int],
        stale: Callable[[], float],
        clock: Callable[[], float] = time,
    ) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        self._waiting, self._watching, self._stale = waiting, watching, stale
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
        self._queue = self._gauge("pairlog_writer_queue", "Jobs that wait to be written")
        self._watchers = self._gauge("pairlog_watchers", "Connections that watch a session")
        # Of the store and not of a worker: whoever was asked last knows best.
        self._lake = Gauge(
            "pairlog_lake_files_stale",
            "Files of the lake that hold what was taken back",
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, registry=self._registry, multiprocess_mode="livesum")

    def _look(self) -> None:
        """Note what is so now; of the other workers, what was so as they last answered is known."""
        self._queue.set(self._waiting())
        self._watchers.set(self._watching())

    def stored(self, started_at: str, fresh: Sequence[Line], size: int) -> None:
        """Count the new lines of a frame, which are durable now."""
        self._events.inc(len(fresh))
        self._bytes.inc(size)
        happened_ms = milliseconds(later(started_at, fresh[0].t))
        # A clock that goes ahead of this one tells nothing.
        self._lag.observe(max(0.0, self._clock() - happened_ms / 1000))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._look()
        self._requests.labels(method, route, str(status)).observe(seconds)

    def refused(self, code: str, limit: str) -> None:
        """Count a problem, by its code, and by the limit that it names."""
        self._refusals.labels(code, limit).inc()

    def text(self) -> bytes:
        """All counts, in the text format of Prometheus."""
        self._look()
        self._lake.set(self._stale())
        registry = self._registry
        if _FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
