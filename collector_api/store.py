"""A store in use: many connections that read, one thread that writes, and the verdicts on its sessions."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from collector_api.archiving import thawing
from collector_api.database.bell import Bell
from collector_api.database.database import Database
from collector_api.database.scrubbing import Scrubber
from collector_api.database.writer import Writer
from collector_api.problems import UNANSWERED, NoSession, NoStorage, Problem
from collector_api.rows import archive, keyframes, sessions, verdicts
from pairlog.replay import Verdict
from pairlog.source import SessionInfo

T = TypeVar("T")

#: How long closing waits for a replay in the background.
JOIN_S_MAX = 0.5

_log = logging.getLogger(__name__)


class Store:
    """The store of one collector. Raises UserError where its database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = database.open_writing()
        self._reading = database.open_reading()
        self.bell = Bell()
        self._news = database.news(self.bell)
        self._writer = Writer(self._writing, self._news)
        self._scrubber = Scrubber(database)
        # The process before this one may have ended before it came to that.
        self.scrub_log()
        self._sweeping = threading.Lock()
        self._to_judge: queue.Queue[str | None] = queue.Queue()
        self._waiting_to_be_judged: set[str] = set()
        self._closing = False
        self._judging = threading.Thread(target=self._judge_waiting, name="verdicts", daemon=True)
        self._judging.start()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is now, and only reads. Raises NoStorage."""
        try:
            with self._reading.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise NoStorage(UNANSWERED, str(error.orig)) from None
        except NoConnectionInTime as error:
            raise NoStorage("too many requests read it") from error

    def write(self, job: Callable[[Connection], T], *about: str) -> Future[T]:
        """Have a job written; see `Writer.submit`. Then the bells of the sessions that it is about ring."""
        return self._writer.submit(job, *about)

    @property
    def waiting(self) -> int:
        """How many jobs wait to be written."""
        return self._writer.waiting

    def written(self, job: Callable[[Connection], T]) -> T:
        """What a job of the writer returns, once it is durable."""
        return self.write(job).result()

    def scrub(self) -> None:
        """Bring what was erased, masked or forgotten out of the database's files, and out of a lake, too."""
        self.scrub_log()
        self.sweep()

    def scrub_log(self) -> None:
        """Bring what was erased, masked or forgotten out of the database's files."""
        self._scrubber.scrub()

    @property
    def stale_files(self) -> float:
        """How many files of a lake hold what was taken back; not a number where nobody can say."""
        try:
            with self.reading() as connection:
                return archive.stale_files(connection)
        except NoStorage:
            return float("nan")

    @property
    def scrub_every_s(self) -> float:
        """How often the files are to be scrubbed although nobody asks."""
        return self._database.scrub_every_s

    def sweep(self) -> None:
        """Write each file of a lake anew that holds what was taken out of it; a later call goes on."""
        with self.reading() as connection:
            if not archive.is_stale(connection):
                return
        try:
            # Only who has a lake needs what it is read with.
            from collector_api.archiving.files import sweep
        except ModuleNotFoundError as error:
            _log.warning("the lake cannot be swept without %s; install pairlog[lake]", error.name)
            return
        try:
            with self._sweeping:
                failed = sweep(self)
        except Problem as problem:
            failed = [problem.detail]
        for why in failed:
            _log.warning("the lake cannot be swept yet: %s", why)

    def thaw(self, session: str) -> None:
        """Bring the lines of a session back from a lake. Raises NoStorage where it cannot be read."""
        thawing.thaw(self, session)

    def alone(self) -> AbstractContextManager[bool]:
        """Whether this process may do what one does for all that serve the store; see `Database.alone`."""
        return self._database.alone()

    def scrubbed(self, wait_s: float) -> bool:
        """Whether all that was to be scrubbed is gone, or will be within that time."""
        return self._scrubber.scrubbed(wait_s)

    def judge_soon(self, session: str) -> None:
        """Have a session replayed in the background."""
        if session not in self._waiting_to_be_judged:
            self._waiting_to_be_judged.add(session)
            self._to_judge.put(session)

    def verdict(self, info: SessionInfo) -> Verdict:
        """The verdict on a session as it is now; a fresh one is kept."""
        with self.reading() as connection:
            verdict = verdicts.kept(connection, info)
            if verdict is None:
                # The row that belongs to the lines that are replayed, whatever came since `info` was read.
                info = sessions.info(connection, info.session)
                verdict = verdicts.judge(connection, info.session)
            else:
                return verdict
        judged, final = info, verdict
        self.write(lambda connection: verdicts.keep(connection, judged, final))
        return verdict

    def judged(self, info: SessionInfo) -> SessionInfo:
        """The row with what a replay says now."""
        return replace(info, verified=self.verdict(info).verified)

    def close(self) -> None:
        """Finish what waits to be written and let go of the database."""
        self._closing = True
        self.bell.close()
        self._to_judge.put(None)
        # A long replay is let go of: nothing of it is lost.
        self._judging.join(JOIN_S_MAX)
        self._writer.close()
        self._news.close()
        self._reading.dispose()
        self._writing.dispose()
        self._scrubber.close()

    def _keep_keyframes(self, info: SessionInfo) -> None:
        with self.reading() as connection:
            if not keyframes.is_due(connection, info):
                return
            found = list(keyframes.made(connection, info.session))
        self.written(lambda connection: keyframes.keep(connection, info, found))

    def _judge_waiting(self) -> None:
        while (session := self._to_judge.get()) is not None and not self._closing:
            self._waiting_to_be_judged.discard(session)
            try:
                with self.reading() as connection:
                    info = sessions.info(connection, session)
                # One that still grows is judged when somebody asks.
                if info.complete:
                    self.verdict(info)
                    self._keep_keyframes(info)
            except (NoSession, NoStorage):
                # Erased in the meantime, or for a later reader to judge.
                continue
            except Exception:
                _log.exception("session %s cannot be judged", session)
