"""How a recording does, told to the client, to the person and to `pairlog status`, where that changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from lsp_server.home import state
from lsp_server.recording.handles import Handles
from pairlog.home import Home

#: Hears each new state with its detail and session.
Report: TypeAlias = Callable[[state.State, str, str | None], None]


class Condition(NamedTuple):
    """What a recording knows of itself. `trouble` says what keeps it from writing, empty where it can.

    `keeps`: what happens meanwhile waits in memory, and nothing is lost yet.
    """

    level: str
    trouble: str
    keeps: bool
    is_paused: bool
    is_asleep: bool
    has_collector: bool
    forgot_until_ms: int = 0
    #: What else a person should know, where there is nothing worse to say.
    remark: str = ""


class Standing:
    """Remembers what was said last."""

    def __init__(self, home: Home, root: Path, report: Report, tell: Callable[[str], None]) -> None:
        self._home = home
        self._root = root
        self._report = report
        self._tell = tell
        self._said: tuple[state.State, str, str, int] | None = None
        self._told_trouble = ""
        self._sender_file = home.path / "status.json"
        self._sender_seen: tuple[str, int] | None = None
        self._sender_said: state.Delivered | None = None

    def show(self, files: Handles, condition: Condition) -> None:
        """Say how it goes."""
        word, detail = self._words(files.session, condition)
        said = (word, detail, files.session, condition.forgot_until_ms)
        if said == self._said:
            return
        self._said = said
        trouble = self._how(condition) if condition.trouble else ""
        if trouble != self._told_trouble:
            self._told_trouble = trouble
            self._tell(f"Pairlog: {detail}" if trouble else "Pairlog records again.")
        self._report(word, detail, files.session)
        files.state.write(
            state.RecorderState(
                word,
                detail,
                str(self._root),
                condition.level,
                condition.is_paused,
                condition.forgot_until_ms,
            )
        )

    def _words(self, session: str, condition: Condition) -> tuple[state.State, str]:
        if condition.trouble:
            how = self._how(condition)
            return "paused", f"{how}: {condition.trouble}; make room in {self._home.path}"
        if condition.is_paused:
            return "paused", "recording is paused; `pairlog resume` goes on"
        if condition.is_asleep:
            return (
                "recording",
                "nothing has happened for a while; a new session begins with what happens next",
            )
        if not condition.has_collector:
            return "offline", joined(
                f"no collector is set; lines wait in {self._home.path}", condition.remark
            )
        delivered = self._delivered(session)
        if delivered is not None and delivered.state != "sending":
            return "offline", joined(delivered.detail, condition.remark)
        return "recording", condition.remark

    @staticmethod
    def _how(condition: Condition) -> str:
        return "what you do waits in memory" if condition.keeps else "recording is paused"

    def _delivered(self, session: str) -> state.Delivered | None:
        """What the sender says of this session; its file is read where it changed."""
        try:
            stamp = (session, self._sender_file.stat().st_mtime_ns)
        except OSError:
            return None
        if stamp != self._sender_seen:
            self._sender_seen = stamp
            self._sender_said = state.read_sender(self._sender_file).sessions.get(session)
        return self._sender_said


def joined(*sentences: str) -> str:
    """Those that say something, in one line."""
    return "; ".join(sentence for sentence in sentences if sentence)
