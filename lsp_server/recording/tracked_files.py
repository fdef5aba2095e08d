"""The files that git tracks, told by a session at level `workspace` as soon as they are read."""

from __future__ import annotations

import time

from lsp_server.home.blob_store import BlobStore
from lsp_server.recording.lines import Lines
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.git import Facts
from lsp_server.workspace.start_facts import StartFacts
from pairlog.consent import Choice
from pairlog.events import Workspace

_FACTS_SECONDS_MAX = 2.0
#: Reading all files again and again would cost more than it tells.
_AGAIN_SECONDS = 30.0


class TrackedFiles:
    """Gathers git's facts and the manifest of one folder, for one session after the other."""

    def __init__(self, gate: Gate, blobs: BlobStore) -> None:
        """Files that `gate` denies are left out; contents are kept in `blobs`."""
        self._gate = gate
        self._blobs = blobs
        self._level: Choice = "off"
        self._gathering: StartFacts | None = None
        self._again_at = 0.0

    def look(self, level: Choice) -> Facts:
        """A session begins at this level: what git says of the folder, empty where it takes long."""
        self._level = level
        self._gathering = StartFacts(self._gate, self._blobs if level == "workspace" else None)
        return self._gathering.wait_for_facts(_FACTS_SECONDS_MAX)

    def follow(self, level: Choice) -> None:
        """The session's level is another one now: read the files where it has come to be wanted."""
        if level != "workspace":
            self._gathering = None
        elif self._level != "workspace":
            self._gathering = StartFacts(self._gate, self._blobs)
        self._level = level

    def again(self) -> bool:
        """The files are others than the last manifest says: read them; False where it is too early."""
        if self._level != "workspace":
            return True
        if self._gathering is not None or time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + _AGAIN_SECONDS
        self._gathering = StartFacts(self._gate, self._blobs)
        return True

    def tell(self, lines: Lines, seconds: float) -> bool:
        """Write the manifest down once, or why there is none, after waiting for at most so long.

        Returns whether nothing is still to be told.
        """
        gathered = self._gathering
        if gathered is None:
            return True
        if not gathered.wait_for_manifest(seconds):
            return False
        self._gathering = None
        if gathered.trouble is not None:
            lines.gap("not_emitted", gathered.trouble)
        taken = gathered.manifest
        if taken is not None:
            lines.event(
                Workspace,
                manifest=taken.blob,
                files=taken.files,
                omitted=taken.omitted or None,
                head=gathered.facts.head,
                dirty=taken.dirty,
            )
        return True
