"""A collector as a source, over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import httpx

from pairlog.errors import UserError
from pairlog.frame import read
from pairlog.source.info import SessionInfo, Source
from pairlog.source.wanted import Wanted

_SECONDS_MAX = 60


class HttpSource(Source):
    """The sessions that this token may read."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=self._address, headers=headers, timeout=_SECONDS_MAX)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def sessions(self) -> list[SessionInfo]:
        """All sessions that this token may read, the oldest first."""
        return self.find(Wanted())

    def find(self, wanted: Wanted) -> list[SessionInfo]:
        """The sessions that are wanted and that this token may read, the oldest first."""
        found: dict[str, SessionInfo] = {}
        query = wanted.query()
        while True:
            page = self._get("/v1/sessions", **query).json()
            # One that changes meanwhile comes a second time; the later row is the true one.
            found.update((row["session"], _info(row)) for row in page["sessions"])
            if page["next"] is None:
                return sorted(found.values(), key=lambda row: (row.started_at, row.session))
            query["changed_after"] = page["next"]

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session. Raises UserError where it is unknown or not for this token."""
        yield from read(io.BytesIO(self._get(f"/v1/sessions/{session}/frames").content))

    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob. Raises UserError where it is missing or not for this token."""
        return self._get(f"/v1/blobs/{sha256}", session=session).content

    def _get(self, path: str, **query: Any) -> httpx.Response:
        try:
            response = self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise UserError(f"no answer from {self._address} ({error}); is `pairlog serve` up?") from None
        if response.status_code in (401, 403):
            raise UserError(f"{self._address} refuses this token; set PAIRLOG_TOKEN to one that may read")
        if response.status_code in (404, 410):
            raise UserError(f"{self._address}{path} is not there ({response.status_code})")
        if response.is_error:
            raise UserError(f"{self._address}{path} answered {response.status_code}; see its log")
        return response


def _info(row: dict[str, Any]) -> SessionInfo:
    """A row, without what a later collector may add to it."""
    return SessionInfo(**{name.name: row[name.name] for name in fields(SessionInfo) if name.name in row})
