"""What every source can do, and the row by which it lists a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class SessionInfo:
    """A row of `pairlog sessions --json`; `complete`: the `end` is stored."""

    session: str
    project: str | None
    contributor: str | None
    editor: str
    started_at: str
    ended_at: str | None
    events: int
    last_seq: int
    complete: bool
    verified: bool | None
    use: str
    consent: str
    revision: int


class Source(AbstractContextManager["Source"], Protocol):
    """A place that holds sessions."""

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first."""

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown."""

    def blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names. Raises UserError where it is missing."""
