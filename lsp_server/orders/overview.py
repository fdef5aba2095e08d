"""What `pairlog status` shows: the recordings of a home, and what waits to be sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lsp_server.home.layout import SessionFiles, sessions_in
from lsp_server.home.locks import is_held
from lsp_server.home.spawn import sender_runs
from lsp_server.home.state import Delivered, read_recorder, read_sender
from lsp_server.sending.outbox import last_seq
from pairlog.home import Home


@dataclass(frozen=True)
class SessionOverview:
    """One session of a home. `state` is `ended` where its recorder is gone."""

    session: str
    state: str
    workspace: str | None
    level: str | None
    collector: str | None
    recorded: int
    acked: int
    waiting: int
    refused: int
    #: Characters of secrets that had left before they were known as such, and were taken back.
    recalled: int
    detail: str


@dataclass(frozen=True)
class Overview:
    """A home at one moment."""

    home: str
    sender: bool
    sessions: list[SessionOverview]
    #: Lines set aside of sessions that are delivered, by session.
    set_aside: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The value that `pairlog status --json` prints."""
        return asdict(self)


def overview(home: Home) -> Overview:
    """Read the state of a home; makes nothing."""
    if not home.spool.is_dir():
        return Overview(str(home.path), False, [], {})
    said = read_sender(home.path / "status.json").sessions
    sessions = [_session(home, session, said.get(session, Delivered())) for session in sessions_in(home)]
    delivered = {file.stem for file in (home.path / "refused").glob("*.ndjson")} - set(sessions_in(home))
    set_aside = {session: _lines(SessionFiles(home, session)) for session in sorted(delivered)}
    return Overview(str(home.path), sender_runs(home), sessions, set_aside)


def _session(home: Home, session: str, delivered: Delivered) -> SessionOverview:
    files = SessionFiles(home, session)
    recorder = read_recorder(files.state) if is_held(files.pid) else None
    recorded = last_seq(files.spool)
    state: str = recorder.state if recorder else "ended"
    if delivered.state == "parked":
        state = "parked"
    detail = (recorder.detail if recorder else "") or delivered.detail
    return SessionOverview(
        session=session,
        state=state,
        workspace=recorder.workspace if recorder else None,
        level=recorder.level if recorder else None,
        collector=files.read_route().collector,
        recorded=recorded + 1,
        acked=delivered.acked,
        waiting=max(0, recorded - delivered.acked),
        refused=_lines(files),
        recalled=delivered.recalled,
        detail=detail,
    )


def _lines(files: SessionFiles) -> int:
    try:
        return files.refused.read_bytes().count(b"\n")
    except OSError:
        return 0
