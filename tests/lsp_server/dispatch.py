"""One session's delivery without its process: a recorder said to live or be dead, a clock moved by hand."""

from __future__ import annotations

from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.locks import FileLock, acquire
from lsp_server.sending.collector import Collector
from lsp_server.sending.delivery import Delivery
from lsp_server.sending.pace import Pace
from pairlog.home import Home
from pairlog.rules import Scanner

SESSION = "0198c1f0-0000-7000-8000-000000000001"
HEADER = b'{"seq":0,"t":0,"type":"session","wire":1,"session":"%s","consent":"workspace"}' % SESSION.encode()
OPENED = b'{"seq":1,"t":1,"type":"open","doc":1,"path":"a","why":"opened","source":"editor","text":""}'


def edit(seq: int) -> bytes:
    return b'{"seq":%d,"t":%d,"type":"edit","doc":1,"changes":[[0,0,0,0,"x"]]}' % (seq, seq)


def end(seq: int) -> bytes:
    return b'{"seq":%d,"t":%d,"type":"end","reason":"shutdown"}' % (seq, seq)


LINES = [HEADER, OPENED, *map(edit, range(2, 9)), end(9)]


class Bench:
    """A home with one session in it, a recorder that is said to live or to be dead, and a clock."""

    def __init__(self, home: Home, address: str | None) -> None:
        self.home = home
        self.files = SessionFiles(home, SESSION)
        self.files.write_route(Route(address, "secret"))
        self.now = 1000.0
        self.pace = Pace(hold_s=0)
        self._recorder: FileLock | None = acquire(self.files.pid)
        self.restart()

    def restart(self) -> None:
        """Another sender takes over; the one before is gone with all that it knew."""
        self.delivery = Delivery(
            self.home,
            SESSION,
            lambda it: Collector(it.collector or "", it.token),
            lambda: Route(None, None),
            self.pace,
            Scanner(),
            ForgottenWords(self.home),
        )

    def spool(self, *lines: bytes, torn: bytes = b"") -> None:
        with self.files.spool.open("ab") as stream:
            stream.write(b"".join(line + b"\n" for line in lines) + torn)

    def recorder_dies(self) -> None:
        assert self._recorder is not None
        self._recorder.release()

    def run(self, seconds: float = 5.0, every: float = 0.25) -> str:
        """Let time pass; returns the state, or `done`."""
        until = self.now + seconds
        while self.now < until and not self.delivery.is_done:
            self.delivery.step(self.now)
            self.now += every
        return "done" if self.delivery.is_done else self.delivery.state.state

    def finish(self) -> str:
        """Record the whole session and let it be delivered."""
        self.spool(*LINES)
        return self.run()
