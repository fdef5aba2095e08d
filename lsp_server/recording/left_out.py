"""What one session leaves out because of what it is or where it lies: known here, told as a count alone."""

from __future__ import annotations

from collections.abc import Iterator

from lsp_server.recording.documents import Documents


class LeftOut:
    """Asks the gate for a recorder, and counts."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._gate = documents.gate
        self._outside: set[str] = set()
        self._denied: set[str] = set()

    def count_outside(self, uri: str) -> None:
        """A document that is no file of the workspace folder."""
        self._outside.add(uri)

    def count_denied(self, path: str) -> None:
        """A file that must not be recorded."""
        self._denied.add(path)

    def has(self, uri: str) -> bool:
        """Whether a document that is not open here is one that must not be recorded; then it is counted."""
        if uri in self._documents.left_out:
            return True
        path = self._gate.folder.path_of(uri)
        if path is None or not self._gate.denied([path]):
            return False
        self._documents.left_out.add(uri)
        self.count_denied(path)
        return True

    def admit(self, paths: list[str]) -> list[str]:
        """Those of the paths that may be told, relative to the workspace; the others are counted."""
        within = {path: self._gate.folder.within(path) for path in paths}
        inside = {path for path in within.values() if path is not None and path != "."}
        denied = self._gate.denied(inside)
        self._denied |= denied | {path for path, place in within.items() if place is None}
        return [place for path in paths if (place := within[path]) is not None and place not in denied]

    def gaps(self) -> Iterator[tuple[str, int]]:
        """What is told at the end of a session: the detail and the count of each gap."""
        if self._outside:
            yield "documents that are no files of the workspace folder", len(self._outside)
        if self._denied:
            late = len(self._denied & self._gate.unanswered)
            because = f"; {late} of them because git did not answer in time" if late else ""
            yield f"files that are denied or ignored by git{because}", len(self._denied)
