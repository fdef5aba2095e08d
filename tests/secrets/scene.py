"""Somebody at an editor with a recorder, and the delivery of what it wrote; time is moved by hand."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from lsp_server.sending.pace import Pace
from pairlog.document import Document, split_lines
from pairlog.events import Cause, Change, PositionEncoding
from pairlog.home import open_home
from pairlog.position import units
from pairlog.replay import Verdict, verify
from tests.lsp_server.client import did_change
from tests.lsp_server.dispatch import Bench
from tests.lsp_server.failing_collector import Failure
from tests.lsp_server.recording import ROOT, Recorded
from tests.secrets.capture import Capturing

APP = "app.py"
_KEY_SECONDS = 0.2
#: Longer than a line is held back.
PAUSE_SECONDS = 11.0
TEXT = "import os\n\n\n\nprint(1)\n"
#: An empty line of it.
PLACE = (2, 0)


class Scene:
    """A folder with a few files that are open in an editor, and a cursor. Columns are code points."""

    def __init__(
        self,
        folder: Path,
        collector: Capturing,
        rng: Random,
        encoding: PositionEncoding = "utf-16",
        pauses: float = 0.0,
    ) -> None:
        """`pauses`: how likely somebody stops and thinks after a key."""
        collector.begin()
        self.collector = collector
        self.rng = rng
        self.recorded = Recorded(encoding=encoding, consent="workspace", keep=self.keep)
        self.bench = Bench(open_home(folder), collector.address)
        self.bench.pace = Pace()
        self.bench.restart()
        #: Contents as they were recorded.
        self.kept: dict[str, bytes] = {}
        self.documents: dict[str, Document] = {}
        self.name, self.line, self.column = APP, *PLACE
        #: What stands behind the cursor was there before the secret.
        self.is_closed = False
        self._encoding: PositionEncoding = encoding
        self._pauses = pauses
        self._versions: dict[str, int] = {}
        self._spooled = 0
        self._poll = self.bench.now

    # -- time -----------------------------------------------------------------------------------------

    def passes(self, seconds: float) -> None:
        """Time goes by; the sender looks once a second."""
        until = self.bench.now + seconds
        while self._poll <= until:
            self.bench.now = self._poll
            self.bench.delivery.step(self._poll)
            self._poll += 1.0
        self.bench.now = until
        self.recorded.at(int((until - 1000) * 1000))

    def pause(self) -> None:
        """Long enough for all that was typed to leave; now and then something goes wrong meanwhile."""
        trouble = self.rng.random()
        if trouble < 0.1:
            self.bench.restart()
        elif trouble < 0.2:
            self.collector.failures = [Failure(200, drop=True)]
        elif trouble < 0.3:
            self.collector.failures = [Failure(503)] * self.rng.randrange(1, 4)
        self.passes(PAUSE_SECONDS)

    def thinks(self) -> None:
        """A moment, or a pause."""
        if self.rng.random() < self._pauses:
            self.pause()
        else:
            self.passes(_KEY_SECONDS)

    # -- what an editor says --------------------------------------------------------------------------

    def uri(self, name: str) -> str:
        return (ROOT / name).as_uri()

    def open(self, text: str = TEXT, name: str = APP) -> None:
        self.documents[name] = Document(text, self._encoding)
        self._versions[name] = 1
        self.recorded.open(text, self.uri(name))
        self._spool()

    def close(self, name: str = APP) -> None:
        self.recorded.did_close(self.uri(name))
        del self.documents[name]
        self._spool()

    def rename(self, old: str, new: str) -> None:
        self.recorded.did_rename(self.uri(old), self.uri(new))
        self._spool()

    def change(self, *changes: Change, name: str | None = None, cause: Cause | None = None) -> None:
        """One didChange; each change is told in the columns of the text that the one before left."""
        name = name or self.name
        document = self.documents[name]
        told: list[Change] = []
        for change in changes:
            told.append(self._told(document, change))
            document.apply(told[-1:])
        if cause is not None:
            self.observe(type="cause", uri=self.uri(name), cause=cause)
        self._versions[name] += 1
        self.recorded.did_change(did_change(self.uri(name), self._versions[name], told))
        self._spool()
        self.thinks()

    def save(self, name: str = APP) -> None:
        self.recorded.save(self.documents[name].text, self.uri(name))
        self._spool()
        self.passes(1)

    def observe(self, **observation: Any) -> None:
        self.recorded.observe(observation)
        self._spool()

    def event(self, cls: Any, **fields: Any) -> None:
        """An event that no editor can tell yet."""
        self.recorded.event(cls, **fields)
        self._spool()

    # -- a cursor -------------------------------------------------------------------------------------

    def go(self, line: int, column: int, name: str | None = None) -> None:
        self.name, self.line, self.column = name or self.name, line, column
        at = self._units(self.documents[self.name], line, column)
        self.observe(type="select", uri=self.uri(self.name), selections=[[line, at, line, at]])

    def insert(self, text: str, cause: Cause | None = None) -> None:
        """Put a text in at the cursor, which then stands behind it."""
        line, column = self.line, self.column
        rows = split_lines(text)
        self.line, self.column = line + len(rows) - 1, len(rows[-1]) + (column if len(rows) == 1 else 0)
        self.change((line, column, line, column, text), cause=cause)

    def type(self, text: str) -> None:
        for key in text:
            self.insert(key)

    def backspace(self, count: int = 1) -> None:
        for _ in range(count):
            self.remove(1)

    def remove(self, count: int, cause: Cause | None = None) -> str:
        """Take characters of the line away before the cursor; returns them."""
        line, end = self.line, self.column
        text = self.documents[self.name].lines[line][end - count : end]
        self.column -= count
        self.change((line, end - count, line, end, ""), cause=cause)
        return text

    # -- the end --------------------------------------------------------------------------------------

    def finish(self) -> str:
        """Save all, shut down, and let the sender do the rest."""
        for name in self.documents:
            self.save(name)
        self.recorded.end("shutdown")
        self._spool()
        return self.bench.run(100)

    @property
    def verdict(self) -> Verdict:
        last = self.collector.arrivals[-1]
        return verify(last.lines, last.blobs.__getitem__)

    def _told(self, document: Document, change: Change) -> Change:
        line, column, end_line, end_column, text = change
        if end_line == -1:
            return change
        start, end = self._units(document, line, column), self._units(document, end_line, end_column)
        return (line, start, end_line, end, text)

    def _units(self, document: Document, line: int, column: int) -> int:
        return units(document.lines[line][:column], self._encoding)

    def keep(self, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        (self.bench.home.blobs / digest).write_bytes(data)
        self.kept[digest] = data
        return digest

    def _spool(self) -> None:
        self.recorded.flush()
        fresh = self.recorded.disk.lines[self._spooled :]
        self._spooled += len(fresh)
        self.bench.spool(*(line.rstrip(b"\n") for line in fresh))
