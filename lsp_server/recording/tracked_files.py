"""The files that git tracks, told by a session at level `workspace`: as it begins, and where a run begins."""

from __future__ import annotations

import time
from pathlib import Path

from lsp_server.home.blob_store import BlobStore
from lsp_server.recording.lines import Lines
from lsp_server.workspace import git
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.gathering import Gathering
from lsp_server.workspace.git import Facts
from lsp_server.workspace.manifest import Known, Manifest
from pairlog.consent import Choice
from pairlog.events import Workspace

_FACTS_SECONDS_MAX = 2.0
#: Reading all files again and again would cost more than it tells.
_AGAIN_SECONDS = 30.0


class TrackedFiles:
    """Gathers git's facts and the manifests of one folder, for one session after the other."""

    def __init__(self, gate: Gate, blobs: BlobStore) -> None:
        """Files that `gate` denies are left out; contents are kept in `blobs`."""
        self._gate = gate
        self._blobs = blobs
        self._known = Known()
        self._level: Choice = "off"
        self._gathering: Gathering | None = None
        self._again_at = 0.0
        #: The run that the files are being read for.
        self._run: str | None = None
        #: A run that began meanwhile, and when, in nanoseconds since 1970.
        self._next_run: tuple[str, int] | None = None
        self._told: tuple[Manifest, str | None] | None = None

    def look(self, level: Choice) -> Facts:
        """A session begins at this level: what git says of the folder, empty where it takes long."""
        self._level = level
        self._run = self._next_run = self._told = None
        blobs = self._blobs if level == "workspace" else None
        self._gathering = Gathering(self._gate, blobs, git.facts, self._known)
        return self._gathering.wait_for_facts(_FACTS_SECONDS_MAX)

    def follow(self, level: Choice) -> None:
        """The session's level is another one now: read the files where it has come to be wanted."""
        if level != "workspace":
            self._gathering = self._next_run = None
        elif self._level != "workspace":
            self._gathering = Gathering(self._gate, self._blobs, git.facts, self._known)
        self._level = level

    def again(self) -> bool:
        """The files are others than the last manifest says: read them; False where it is too early."""
        if self._level != "workspace":
            return True
        if self._gathering is not None or time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + _AGAIN_SECONDS
        self._gathering = Gathering(self._gate, self._blobs, _head, self._known, time.time_ns())
        return True

    def look_again(self, run: str, began_ns: int) -> None:
        """A run began then: read what has changed. Where reading is under way, as soon as that is over."""
        if self._level != "workspace":
            return
        if self._gathering is not None:
            self._next_run = run, began_ns
            return
        self._run = run
        self._gathering = Gathering(self._gate, self._blobs, _head, self._known, began_ns)

    def forget(self) -> None:
        """What was told may have been taken back: tell it anew with the next run."""
        self._told = None

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
        if gathered.trouble is not None and self._run is None:
            lines.gap("not_emitted", gathered.trouble)
        taken = gathered.manifest
        told = None if taken is None else (taken, gathered.facts.head)
        if taken is not None and told != self._told:
            self._told = told
            lines.event(
                Workspace,
                manifest=taken.blob,
                files=taken.files,
                omitted=taken.omitted or None,
                head=gathered.facts.head,
                dirty=taken.dirty,
                run=self._run,
            )
        self._run = None
        if self._next_run is not None:
            run, self._next_run = self._next_run, None
            self.look_again(*run)
        return self.tell(lines, seconds)


def _head(folder: Path) -> Facts:
    return Facts(head=git.head_of(folder))
