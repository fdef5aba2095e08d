"""What `pairlog inspect` shows: the very lines that wait to be sent, and which rule masked what in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import SessionFiles, sessions_in
from lsp_server.home.state import Delivered, read_sender
from lsp_server.sending.outbox import head
from lsp_server.sending.outgoing import Outgoing, at_level
from lsp_server.sending.screen import Found, Screen
from lsp_server.sending.secrets import scanner_of_this_user
from pairlog.consent import Choice
from pairlog.errors import UserError
from pairlog.frame import whole_lines
from pairlog.home import Home
from pairlog.line import LineError
from pairlog.masking import Span
from pairlog.stripping import in_force


@dataclass(frozen=True)
class Waiting:
    """A line as it will leave. `masked` names, for each masked place, its pointer, start, length and rule."""

    session: str
    seq: int
    line: str
    masked: list[tuple[str, int, int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The value that `pairlog inspect --json` prints."""
        names = ("pointer", "start", "length", "rule")
        masked = [dict(zip(names, place, strict=True)) for place in self.masked]
        return {"session": self.session, "seq": self.seq, "line": self.line, "masked": masked}

    def as_text(self) -> str:
        """The line, and below it what was masked."""
        places = [f"    masked {p} [{start}, {length}]: {rule}" for p, start, length, rule in self.masked]
        return "\n".join([self.line, *places])


def waiting(home: Home, session: str | None) -> Iterator[Waiting]:
    """The lines that the collector does not have yet, session after session. Raises UserError."""
    sessions = sessions_in(home)
    if session is not None and session not in sessions:
        raise UserError(f"no session {session} waits here; `pairlog status` lists what does")
    said = read_sender(home.path / "status.json").sessions
    for name in [session] if session is not None else sessions:
        acked = said.get(name, Delivered()).acked
        for line in _lines(home, SessionFiles(home, name)):
            if line.seq > acked:
                yield line


def _lines(home: Home, files: SessionFiles) -> Iterator[Waiting]:
    """All lines of a session: as they stand in the outbox, or would leave if they were not held back."""
    blobs = BlobStore(home.blobs)
    scanner = scanner_of_this_user()
    forgotten = ForgottenWords(home)
    forgotten.refresh()
    screen = Screen(scanner, forgotten, blobs.get)
    outgoing = Outgoing(scanner, blobs)
    spool = _read(files.spool)
    found: dict[int, list[Found]] = {}
    resaved = {}
    for line in spool:
        for piece in screen.take(line):
            found.setdefault(piece.span.seq, []).append(piece)
        resaved[line] = screen.resave(line)
    level: Choice = "content"
    ready = {head(line).seq: line for line in _read(files.outbox)}
    for line in spool:
        try:
            seq, level = head(line).seq, in_force(line, level)
        except LineError:
            continue
        pieces = found.get(seq, []) if level in ("content", "workspace") else []
        spans = [piece.span for piece in pieces]

        def masked(line: bytes, spans: list[Span] = spans) -> bytes:
            return outgoing.leave(resaved[line], spans, screen.encoding)

        leaving = ready.get(seq) or at_level(line, level, home.key(), blobs.get, masked)
        places = [(it.span.pointer, it.span.start, it.span.length, it.rule) for it in pieces]
        yield Waiting(files.session, seq, leaving.decode("utf-8", "replace"), sorted(places))


def _read(path: Any) -> list[bytes]:
    try:
        return whole_lines(path.read_bytes())[0]
    except FileNotFoundError:
        return []
