"""What every source can do, and the row by which it lists a session."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass


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


class Source(ABC):
    """A place that holds sessions; a context manager that closes it."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is held open; by default nothing is."""
        return

    @abstractmethod
    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first."""

    @abstractmethod
    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown."""

    @abstractmethod
    def blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names. Raises UserError where it is missing."""
