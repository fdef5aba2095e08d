"""What every source can do, and the row by which it lists a session."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from pairlog.errors import UserError
from pairlog.ids import is_digest
from pairlog.replay import Player
from pairlog.source.wanted import Wanted


@dataclass(frozen=True)
class SessionInfo:
    """A row of `pairlog sessions --json`; `complete`: the `end` is stored.

    `study` and `condition` are what the collector knows of its contributor, else what the header says.
    """

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
    languages: list[str] = field(default_factory=list)
    has_tests: bool = False
    has_completions: bool = False
    study: str | None = None
    condition: str | None = None


def behind(rows: Iterable[SessionInfo], after: str | None) -> Iterator[SessionInfo]:
    """The rows behind the one with id `after` (None: all). Raises UserError where it is not there."""
    left = iter(rows)
    if after is not None and not any(row.session == after for row in left):
        raise UserError(f"no session {after} is in this list; begin it anew, or give one of its whole ids")
    return left


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

    def find(
        self, wanted: Wanted, after: str | None = None, rows_max: int | None = None
    ) -> list[SessionInfo]:
        """The sessions that are wanted, the oldest first: `rows_max` of them, behind the one with id `after`.

        Raises UserError where there is none with that id.
        """
        return list(islice(behind(filter(wanted.fits, self.sessions()), after), rows_max))

    @abstractmethod
    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown."""

    def before(self, session: str, at: int | None) -> tuple[Player, Iterator[bytes]]:
        """A player that stands somewhere before the seq `at` (None: the end), and the lines from there on.

        By default it stands before the first line; a source that keeps states of a session has a nearer one.
        Raises UserError where the session is unknown.
        """
        return Player(lambda sha256: self.blob(session, sha256)), self.lines(session)

    def blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names, held against their name.

        Raises UserError where it is missing, is not what its name says, or has a name that is no SHA-256: a
        session may come from anybody, and a name is used as a path.
        """
        if not is_digest(sha256):
            raise UserError(f"session {session} names the blob {sha256[:80]!r}, which is no SHA-256")
        data = self.read_blob(session, sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UserError(f"the blob {sha256} was changed since it was recorded; export the session again")
        return data

    @abstractmethod
    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes that are kept under this name. Raises UserError where there are none."""
