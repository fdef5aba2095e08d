"""The one thread that writes: jobs wait in a queue, and those that wait together are committed together."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from collector_api.database.database import News
from collector_api.problems import UNANSWERED, NoStorage, TooFast

T = TypeVar("T")

_log = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    """A job, whose future gives its result, and the sessions that it is about."""

    job: Callable[[Connection], Any]
    future: Future[Any]
    about: tuple[str, ...]


#: How many jobs share one commit, and how many may wait before callers are told to slow down.
GROUP_MAX = 64
WAITING_MAX = 2_048


class Writer:
    """Runs jobs one after the other. A job's result is given out only once it is durable."""

    def __init__(self, engine: Engine, news: News) -> None:
        self._engine = engine
        self._news = news
        self._jobs: queue.Queue[_Waiting | None] = queue.Queue(WAITING_MAX)
        self._open = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T], *about: str) -> Future[T]:
        """Queue a job. Its future gives the job's result after the commit, or what it raised.

        Those who watch the sessions `about` hear of it. Raises TooFast where too many jobs wait. The future
        raises NoStorage where nothing can be written.
        """
        future: Future[T] = Future()
        with self._open:
            if self._closed:
                # Whoever waited for it would wait for ever, and the process with them.
                raise NoStorage("the collector ends")
            try:
                self._jobs.put_nowait(_Waiting(job, future, about))
            except queue.Full:
                raise TooFast(f"{WAITING_MAX} requests wait for the disk; try again in a second") from None
        return future

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what waits, then end the thread; what comes later is refused with NoStorage."""
        with self._open:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            closing = False
            while len(group) < GROUP_MAX and not closing:
                try:
                    waiting = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if waiting is None:
                    closing = True
                else:
                    group.append(waiting)
            # Whoever asked may have gone; what has begun is carried through.
            self._commit([waiting for waiting in group if waiting.future.set_running_or_notify_cancel()])
            if closing:
                return

    def _commit(self, group: list[_Waiting]) -> None:
        done: list[tuple[_Waiting, Any]] = []
        refused: list[tuple[_Waiting, Exception]] = []
        changed: set[str] = set()
        try:
            with self._engine.begin() as connection:
                for waiting in group:
                    try:
                        with connection.begin_nested():
                            done.append((waiting, waiting.job(connection)))
                    except (IntegrityError, DataError) as error:
                        refused.append((waiting, error))
                    except DBAPIError:
                        # A full disk may have ended the whole transaction: nobody's write is certain.
                        raise
                    except Exception as error:
                        refused.append((waiting, error))
                changed = {session for waiting, _ in done for session in waiting.about}
                if changed:
                    self._news.tell(connection, changed)
        except DBAPIError as error:
            reason = str(error.orig)
            done, refused = [], [(waiting, NoStorage(UNANSWERED, reason)) for waiting in group]
        except Exception as error:
            # This thread must outlive whatever goes wrong, or every later request would wait for ever.
            _log.exception("a commit failed")
            done, refused = [], [(waiting, error) for waiting in group]
        for waiting, result in done:
            waiting.future.set_result(result)
        for waiting, refusal in refused:
            waiting.future.set_exception(refusal)
        if done:
            self._news.committed(changed)
