"""Several processes that do the same work: started together, replaced where one dies, ended together."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from pairlog.errors import UserError

#: What a worker runs: it says that it is `READY` and ends when the other side of the pipe is closed.
Work: TypeAlias = Callable[..., None]
READY = b"ready"

#: One that died within this time of its start is replaced after as much.
_YOUNG_S = 1.0
#: How long one may take to end.
_END_S_MAX = 10.0

_spawn = get_context("spawn")


class Worker:
    """A process at work."""

    def __init__(self, work: Work, args: tuple[Any, ...]) -> None:
        self.pipe, theirs = _spawn.Pipe()
        self._process = _spawn.Process(target=work, args=(*args, theirs))
        self._process.start()
        # Ours alone from here on: where this process dies, theirs hears of it.
        theirs.close()
        self._started = time.monotonic()

    @property
    def sentinel(self) -> int:
        """Ready to be waited for once the process has ended."""
        return self._process.sentinel

    @property
    def pid(self) -> int:
        """The id of the process, until it is joined."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    @property
    def is_young(self) -> bool:
        """Whether it was started a moment ago."""
        return time.monotonic() - self._started < _YOUNG_S

    def wait_ready(self) -> None:
        """Wait until it works. Raises UserError where it ends instead."""
        wait([self.pipe, self._process.sentinel])
        if not (self.pipe.poll() and _received(self.pipe) == READY):
            raise UserError("a worker could not start; what it said stands above")

    def end(self) -> None:
        """Ask it to end."""
        self.pipe.close()

    def join(self) -> None:
        """Wait until it has ended, by force where it must be."""
        self._process.join(_END_S_MAX)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def supervise(
    count: int,
    work: Work,
    args: tuple[Any, ...],
    ready: Callable[[], None],
    ended: Callable[[int], None],
) -> None:
    """Keep so many processes at work until SIGTERM or SIGINT; `ready` is called once all of them work.

    `ended` is called with the id of one that died, before another takes its place. Raises UserError where
    one cannot begin.
    """
    stopping = _Stopping()
    workers: list[Worker] = []
    try:
        workers.extend(Worker(work, args) for _ in range(count))
        for worker in workers:
            worker.wait_ready()
        ready()
        while not stopping.wait([worker.sentinel for worker in workers]):
            workers = [it if it.is_alive else _replaced(it, work, args, ended) for it in workers]
    finally:
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join()


def _replaced(dead: Worker, work: Work, args: tuple[Any, ...], ended: Callable[[int], None]) -> Worker:
    if dead.is_young:
        time.sleep(_YOUNG_S)
    dead.end()
    pid = dead.pid
    dead.join()
    ended(pid)
    return Worker(work, args)


def _received(pipe: Connection) -> object:
    try:
        return pipe.recv()
    except EOFError:
        return None


class _Stopping:
    """Hears the signals to stop, also while it waits."""

    def __init__(self) -> None:
        self._stop = False
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def wait(self, sentinels: list[int]) -> bool:
        """Wait until a process ends or a signal comes; returns whether to stop."""
        if not self._stop:
            wait([*sentinels, self._woken])
        return self._stop

    def _hear(self, *_: object) -> None:
        self._stop = True
