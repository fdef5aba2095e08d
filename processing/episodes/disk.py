"""What stood on disk at a moment of a session: its manifest, and what was saved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pairlog.blobs import read_manifest
from pairlog.causes import learned
from pairlog.document import sha256
from pairlog.events import Attribution, Edit, Event, Open, Rename, Run, Save, Workspace
from pairlog.replay import Blobs, Player, Replayed
from processing.episodes.workspace import Files

_NEW_FILE = "100644"
_BOM = "\ufeff"


@dataclass(frozen=True)
class _Written:
    """A document's content on disk from line `seq` on."""

    seq: int
    path: str
    content: bytes


@dataclass(frozen=True)
class _Listed:
    """A manifest: as the tracked files stood at line `seq`, told in line `told_at`."""

    seq: int
    told_at: int
    event: Workspace


@dataclass
class Disk:
    """Every state that a session knows of its workspace's files, to be asked by moment."""

    blobs: Blobs
    _manifests: list[_Listed] = field(default_factory=list)
    _written: dict[int, list[_Written]] = field(default_factory=dict)
    _renamed: list[tuple[int, str]] = field(default_factory=list)

    def at(self, seq: int, saw: Mapping[int, int] | None) -> Files | None:
        """The files at line `seq`, by path; None where no manifest came before it.

        `saw` maps a document to the line that brought the text it had on disk, and none that had not been
        written; where there is no `saw`, the last line before `seq` counts.
        """
        manifest = self._listed(seq)
        if manifest is None:
            return None
        tracked = read_manifest(self.blobs(manifest.event.manifest))
        files = {file.path: (self.blobs(file.blob), file.mode) for file in tracked}
        for renamed_at, path in self._renamed:
            if manifest.seq < renamed_at < seq:
                files.pop(path, None)
        for doc, versions in self._written.items():
            last = seq if saw is None else saw.get(doc, -1)
            written = next((version for version in reversed(versions) if version.seq <= last), None)
            # Saved while the tracked files were read: the manifest may hold the later text.
            is_doubtful = any(manifest.seq < version.seq < manifest.told_at for version in versions)
            is_named = saw is not None and doc in saw
            if written and (
                is_named or written.seq > manifest.seq or is_doubtful or written.path not in files
            ):
                mode = files[written.path][1] if written.path in files else _NEW_FILE
                files[written.path] = (written.content, mode)
        return files

    def head(self, seq: int) -> str | None:
        """The commit that was checked out at line `seq`, as far as a manifest says so."""
        manifest = self._listed(seq)
        return None if manifest is None else manifest.event.head

    def _listed(self, seq: int) -> _Listed | None:
        return next((listed for listed in reversed(self._manifests) if listed.seq <= seq), None)


def read_disk(events: Sequence[Event], blobs: Blobs) -> Disk:
    """Replay a session once and keep what was saved, changed from outside, renamed and listed."""
    disk, player = Disk(blobs), Player(blobs)
    late = learned(events)
    begun: dict[str, int] = {}
    for event in events:
        if isinstance(event, Rename) and event.doc in player.documents:
            disk._renamed.append((event.seq, player.documents[event.doc].path))
        player.feed(event)
        if isinstance(event, Workspace):
            disk._manifests.append(_Listed(begun.get(event.run or "", event.seq), event.seq, event))
        elif isinstance(event, Run) and event.phase == "started":
            begun[event.id] = event.seq
        elif isinstance(event, (Save, Edit, Open)) and _is_on_disk(event, late):
            replayed = player.documents[event.doc]
            if isinstance(event, Open) and not replayed.live:
                continue
            digest = event.sha256 if isinstance(event, Save) else None
            version = _Written(event.seq, replayed.path, _content(replayed, digest))
            disk._written.setdefault(event.doc, []).append(version)
    return disk


def _is_on_disk(event: Save | Edit | Open, late: Mapping[int, Attribution]) -> bool:
    """Whether a document's file has its text behind this line."""
    if isinstance(event, Edit):
        return (late[event.seq].cause if event.seq in late else event.cause) == "external"
    return isinstance(event, Save) or event.source == "disk"


def _content(replayed: Replayed, digest: str | None) -> bytes:
    """The bytes that were saved; behind a byte order mark where the save's hash says so."""
    text = replayed.document.text
    return (_BOM + text if digest == sha256(_BOM + text) else text).encode()
