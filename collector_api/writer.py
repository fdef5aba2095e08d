"""The one thread that writes: jobs wait in a queue, and those that wait together are committed together."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from collector_api.problems import NoStorage, TooFast

T = TypeVar("T")

_log = logging.getLogger(__name__)
Job = Callable[[Connection], Any]

#: How many jobs share one commit, and how many may wait before callers are told to slow down.
GROUP_MAX = 64
WAITING_MAX = 2_048


class Writer:
    """Runs jobs one after the other. A job's result is given out only once it is durable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[tuple[Job, Future[Any]] | None] = queue.Queue(WAITING_MAX)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Queue a job. Its future gives the job's result after the commit, or what it raised.

        Raises TooFast where too many jobs wait. The future raises NoStorage where nothing can be written.
        """
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, future))
        except queue.Full:
            raise TooFast(f"{WAITING_MAX} requests wait for the disk; try again in a second") from None
        return future

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            closing = False
            while len(group) < GROUP_MAX and not closing:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    closing = True
                else:
                    group.append(job)
            # Whoever asked may have gone; what has begun is carried through.
            self._commit([(job, future) for job, future in group if future.set_running_or_notify_cancel()])
            if closing:
                return

    def _commit(self, group: list[tuple[Job, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        refused: list[tuple[Future[Any], Exception]] = []
        try:
            with self._engine.begin() as connection:
                for job, future in group:
                    try:
                        with connection.begin_nested():
                            done.append((future, job(connection)))
                    except IntegrityError as error:
                        refused.append((future, error))
                    except DBAPIError:
                        # A full disk may have ended the whole transaction: nobody's write is certain.
                        raise
                    except Exception as error:
                        refused.append((future, error))
        except DBAPIError as error:
            reason = str(error.orig)
            done, refused = [], [(future, NoStorage(reason)) for _, future in group]
        except Exception as error:
            # This thread must outlive whatever goes wrong, or every later request would wait for ever.
            _log.exception("a commit failed")
            done, refused = [], [(future, error) for _, future in group]
        for future, result in done:
            future.set_result(result)
        for future, refusal in refused:
            future.set_exception(refusal)
