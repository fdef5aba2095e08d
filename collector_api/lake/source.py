"""A lake as a source of sessions: `lake:///FOLDER`, `lake+s3://BUCKET/PREFIX`."""

from __future__ import annotations

from collections.abc import Iterator

from collector_api.lake.contents import ContentsFile
from collector_api.lake.lines import LinesFile
from collector_api.lake.place import Lake, LakeError, lake_address
from pairlog.errors import UserError
from pairlog.source import SessionInfo, Source


def open_lake(uri: str) -> Source:
    """The lake at this address. Raises UserError where there is none."""
    return LakeSource(lake_address(uri.removeprefix("lake+").removeprefix("lake://")))


class LakeSource(Source):
    """All sessions of a lake, whoever's they are: who may read its files may read them."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._rows: dict[str, tuple[SessionInfo, str]] = {}
        try:
            self._lake = Lake(address)
            for path in self._lake.names("lines"):
                self._add(path)
        except LakeError as error:
            raise self._trouble(error) from None
        if not self._rows:
            raise UserError(f"no sessions in a lake at {address}; `pairlog lake export` brings them there")

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first, as they were when they came to the lake."""
        return sorted(
            (info for info, _ in self._rows.values()), key=lambda row: (row.started_at, row.session)
        )

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session, byte for byte. Raises UserError where it is unknown, or a file damaged."""
        try:
            yield from LinesFile(self._lake.open(f"lines/{self._name(session)}")).lines(session)
        except LakeError as error:
            raise self._trouble(error) from None

    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob that this session names. Raises UserError where it is missing."""
        path = f"contents/{self._name(session)}"
        try:
            found = (
                ContentsFile(self._lake.open(path)).read(session, sha256) if self._lake.has(path) else None
            )
        except LakeError as error:
            raise self._trouble(error) from None
        if found is None:
            raise UserError(f"session {session} names no blob {sha256} in {self._address}")
        return found

    def _add(self, path: str) -> None:
        for entry in LinesFile(self._lake.open(path)).entries.values():
            known = self._rows.get(entry.info.session)
            # While a file is written anew, a session may be in two.
            if known is None or known[0].revision <= entry.info.revision:
                self._rows[entry.info.session] = (entry.info, path.removeprefix("lines/"))

    def _name(self, session: str) -> str:
        try:
            return self._rows[session][1]
        except KeyError:
            raise UserError(f"no session {session} here; `pairlog sessions` lists what there is") from None

    def _trouble(self, error: LakeError) -> UserError:
        return UserError(f"cannot read the lake {self._address}: {error}; is it there, and yours to read?")
