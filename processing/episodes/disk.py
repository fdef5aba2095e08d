"""What stood on disk at a moment of a session: its manifest, and what was saved since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pairlog.blobs import read_manifest
from pairlog.causes import learned
from pairlog.document import sha256
from pairlog.events import Attribution, Edit, Event, Open, Rename, Save, Workspace
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


@dataclass
class Disk:
    """Every state that a session knows of its workspace's files, to be asked by moment."""

    blobs: Blobs
    _manifests: list[Workspace] = field(default_factory=list)
    _written: dict[int, list[_Written]] = field(default_factory=dict)
    _renamed: list[tuple[int, str]] = field(default_factory=list)

    def at(self, seq: int, saw: Mapping[int, int]) -> Files | None:
        """The files at line `seq`, by path; None where no manifest came before it.

        `saw` maps a document to the line that brought the text it had on disk; where it does not name one,
        the last line before `seq` counts.
        """
        manifest = next((event for event in reversed(self._manifests) if event.seq < seq), None)
        if manifest is None:
            return None
        tracked = read_manifest(self.blobs(manifest.manifest))
        files = {file.path: (self.blobs(file.blob), file.mode) for file in tracked}
        for renamed_at, path in self._renamed:
            if manifest.seq < renamed_at < seq:
                files.pop(path, None)
        for doc, versions in self._written.items():
            last = saw.get(doc, seq)
            written = next((version for version in reversed(versions) if version.seq <= last), None)
            if written and (written.seq > manifest.seq or written.path not in files):
                mode = files[written.path][1] if written.path in files else _NEW_FILE
                files[written.path] = (written.content, mode)
        return files


def read_disk(events: Sequence[Event], blobs: Blobs) -> Disk:
    """Replay a session once and keep what was saved, changed from outside, renamed and listed."""
    disk, player = Disk(blobs), Player(blobs)
    late = learned(events)
    for event in events:
        if isinstance(event, Rename) and event.doc in player.documents:
            disk._renamed.append((event.seq, player.documents[event.doc].path))
        player.feed(event)
        if isinstance(event, Workspace):
            disk._manifests.append(event)
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
