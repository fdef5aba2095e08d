"""The files that a recorder holds open for one session."""

from __future__ import annotations

import os
from typing import NamedTuple

from lsp_server.home import control, state
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.locks import FileLock, acquire
from lsp_server.home.spool import Spool
from pairlog.errors import UserError
from pairlog.home import Home
from pairlog.ids import new_session


class Handles(NamedTuple):
    """A session's files; made by `take`."""

    paths: SessionFiles
    lock: FileLock
    spool: Spool
    state: state.RecorderStateFile
    orders: control.Orders

    @property
    def session(self) -> str:
        """The id of the session."""
        return self.paths.session

    def let_go(self, keep_pid: bool = False) -> None:
        """Close the files. A dead recorder's pid file is what makes the sender close its session."""
        is_whole = self.spool.close()
        self.state.close()
        self.paths.state.unlink(missing_ok=True)
        self.lock.release(remove=is_whole and not keep_pid)

    def remove(self) -> None:
        """Let go of a session that never began: nothing of it stays."""
        self.let_go()
        self.paths.remove()


def take(home: Home, route: Route) -> Handles:
    """Make the files of a new session. Raises UserError where the home cannot be used."""
    paths = SessionFiles(home, new_session())
    try:
        # The sender throws blobs away only under this lock, and only where no recorder is registered.
        registry = acquire(home.path / "blobs.lock", wait=True)
        assert registry is not None
        try:
            lock = acquire(paths.pid)
        finally:
            registry.release()
        assert lock is not None
        try:
            lock.write(f"{os.getpid()}\n")
            paths.write_route(route)
            spool = Spool(paths.spool)
            said = state.RecorderStateFile(paths.state)
        except OSError:
            lock.release()
            paths.remove()
            raise
    except OSError as error:
        raise UserError(
            f"cannot record into {home.path}: {error.strerror}; "
            "make room there or set PAIRLOG_HOME to another folder"
        ) from None
    return Handles(paths, lock, spool, said, control.Orders(paths.control))
