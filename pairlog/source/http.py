"""A collector as a source, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pairlog.client import Client
from pairlog.source.info import SessionInfo, Source, behind
from pairlog.source.wanted import Wanted


class HttpSource(Source):
    """The sessions that this token may read."""

    def __init__(self, address: str, token: str) -> None:
        """Raises UserError where a token must not go to this address."""
        self._client = Client(address, token)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def sessions(self) -> list[SessionInfo]:
        """All sessions that this token may read, the oldest first."""
        return self.find(Wanted())

    def find(
        self, wanted: Wanted, after: str | None = None, rows_max: int | None = None
    ) -> list[SessionInfo]:
        """The sessions that are wanted and that this token may read, as every source finds them."""
        # One that changes meanwhile comes a second time; the later row is the true one.
        found = {row.session: row for row in self._client.sessions(wanted)}
        oldest_first = sorted(found.values(), key=lambda row: (row.started_at, row.session))
        return list(islice(behind(oldest_first, after), rows_max))

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session. Raises UserError where it is unknown or not for this token."""
        return self._client.lines(session)

    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob. Raises UserError where it is missing or not for this token."""
        return self._client.blob(session, sha256)
