"""Files that changed on disk, to what a recorder is told of them.

A file is read and compared in the thread that asks, some at a time, so that the event loop has little to do
between two keys. Which files may be told, the gate says, as everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from operator import methodcaller
from pathlib import Path
from typing import NamedTuple

from lsp_server.recording.documents import Documents
from lsp_server.recording.outside import Base
from lsp_server.senses.on_disk import OnDisk, as_checked_out, read
from lsp_server.senses.sense import Act, Place, Tell
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.git import Entry, object_id, tracked
from lsp_server.workspace.history import contents
from lsp_server.workspace.manifest import FILE_BYTES_MAX
from lsp_server.workspace.paths import Folder
from lsp_server.workspace.untracked import is_passing
from pairlog.difference import changes

#: So many files are asked about and told before the event loop has its turn.
_CHUNK = 8
#: Files that the session did not know before are told up to this many at once, and this many a second.
_FRESH_FILES_MAX = 200
_FRESH_FILES_A_SECOND = 5
#: A long one counts as several.
_CHARS_OF_A_FILE = 64 * 1024


class Edited(NamedTuple):
    """A document of the editor whose file changed; `ref` names the step of version control that did it."""

    path: str
    found: OnDisk
    ref: str | None


class _Known(NamedTuple):
    """What a session knows of a file: that the editor has it, with the hash of its last save, or its text."""

    is_in_editor: bool
    saved: str | None
    base: Base | None


class Files:
    """Tells a recorder what became of files. For one thread."""

    def __init__(self, place: Place, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._tell = tell
        self._gate = Gate(Folder(place.root), place.rules)
        self._tracked: dict[str, Entry] = {}
        self._has_git = False
        self._stood: set[str] = set()
        self._told: set[str] = set()
        self._counted: set[str] = set()
        self._uncounted: set[str] = set()
        self._has_told_edits = False
        self._now = now
        self._room = float(_FRESH_FILES_MAX)
        self._counted_at = now()

    def look(self) -> None:
        """Take in which files git tracks, and what it has of them."""
        entries = tracked(self._place.root)
        self._has_git = entries is not None
        self._tracked = {it.path: it for it in entries or ()}

    def folders(self) -> set[Path]:
        """The folders that hold tracked files, and those that hold these."""
        found = {self._place.root}
        for path in self._tracked:
            folder = (self._place.root / path).parent
            while folder not in found:
                found.add(folder)
                folder = folder.parent
        return found

    def stood(self, paths: Iterable[str]) -> None:
        """These files were there before anybody looked: what they were is not known."""
        self._stood.update(path for path in paths if path not in self._tracked)

    def denies(self, path: str) -> bool:
        """Whether a path that git knows must not be told."""
        return self._gate.denies_tracked(path)

    def may_be_watched(self, folder: str) -> bool:
        """Whether a folder that is new may hold files that are told; another repository's are not."""
        if not self._has_git:
            return False
        place = self._place.root / folder
        return not (place.is_symlink() or (place / ".git").exists() or self._gate.denied([folder]))

    def moved(self, moves: Iterable[tuple[str, str]]) -> None:
        """Files and folders have other paths now."""
        for old, new in moves:
            if (self._place.root / old).exists():
                continue
            self._remember_move(old, new)
            known = self._place.ask(partial(_moves, old=old, new=new))
            denied = self._gate.denied([renamed for _, renamed in known])
            for path, renamed in known:
                if renamed in denied:
                    self._say(methodcaller("gone_from_disk", path))
                else:
                    self._say(methodcaller("moved_on_disk", path, renamed))

    def _remember_move(self, old: str, new: str) -> None:
        """What git has of a file is what it was before, also under its new path."""
        below = old + "/"
        for path in [it for it in self._tracked if it == old or it.startswith(below)]:
            self._tracked[new + path[len(old) :]] = self._tracked.pop(path)

    def changed(self, paths: Mapping[str, bool], refs: Mapping[str, str] | None = None) -> list[Edited]:
        """Tell what changed; returns what is open in the editor.

        `paths` says of each whether it is new, `refs` which step of version control changed it: that tells
        enough of a file which the session does not know and that is as git has it.
        """
        refs = refs or {}
        self._refill()
        edited: list[Edited] = []
        untold = 0
        waiting = iter(sorted(paths))
        while chunk := list(islice(waiting, _CHUNK)):
            known = self._place.ask(partial(_known, paths=chunk))
            fresh = [it for it in chunk if it not in known]
            read_now = {it: self._read(it) for it in (*known, *self._admitted(fresh))}
            bases = self._bases(
                {path: it for path, it in read_now.items() if it and path not in known}, paths
            )
            for path, found in read_now.items():
                if path not in known:
                    untold += not self._tell_fresh(path, bases.get(path), found, refs.get(path))
                elif (base := known[path].base) is not None:
                    untold += not self._tell_known(path, base, found, refs.get(path))
                elif found is None:
                    self._say(methodcaller("gone_under_the_editor", path))
                elif known[path].saved not in found.digests:
                    edited.append(Edited(path, found, refs.get(path)))
        if untold:
            self._say(methodcaller("too_many_on_disk", untold))
        if self._has_told_edits:
            self._has_told_edits = False
            self._tell(methodcaller("tell_seen"))
        return edited

    def _tell_known(self, path: str, base: Base, found: OnDisk | None, ref: str | None) -> bool:
        """Tell a file that the session knows; False where it lets go of it, as there is no room for more."""
        if found is not None and found.text == base.text:
            return True
        told = changes(base.text, found.text, self._place.encoding) if found is not None else []
        has_room = self._takes_room(sum(len(it[4]) for it in told) // _CHARS_OF_A_FILE)
        if found is not None and has_room:
            self._has_told_edits = True
            self._say(methodcaller("edit_on_disk", path, base, told, ref, found.since))
        else:
            self._told.add(path)
            self._say(methodcaller("gone_from_disk", path))
        return has_room

    def _tell_fresh(self, path: str, base: Base | None, found: OnDisk | None, ref: str | None) -> bool:
        """Tell a file that the session did not know; False where there is no room for it."""
        if base is None or found is None:
            return True
        if not self._takes_room(1 + len(found.text) // _CHARS_OF_A_FILE):
            return False
        self._told.add(path)
        self._has_told_edits = True
        told = changes(base.text, found.text, self._place.encoding)
        self._say(methodcaller("edit_on_disk", path, base, told, ref, found.since))
        return True

    def _takes_room(self, files: int) -> bool:
        """Whether there is room for what counts as so many new files; then it is taken."""
        if files > self._room:
            return False
        self._room -= files
        return True

    def _say(self, act: Act) -> None:
        """Tell, and before that which files are denied: they alone begin no session."""
        for path in sorted(self._uncounted):
            self._tell(methodcaller("count_denied", path))
        self._counted |= self._uncounted
        self._uncounted.clear()
        self._tell(act)

    def _refill(self) -> None:
        now = self._now()
        self._room = min(_FRESH_FILES_MAX, self._room + _FRESH_FILES_A_SECOND * (now - self._counted_at))
        self._counted_at = now

    def _read(self, path: str) -> OnDisk | None:
        try:
            return read(self._place.root / path)
        except OSError:
            return None

    def _admitted(self, paths: list[str]) -> list[str]:
        """Those of the files that may be told. A tracked one that may not is counted, with the next line."""
        own = [it for it in paths if it in self._tracked]
        others = [it for it in paths if it not in self._tracked and self._may_be_work(it)]
        denied = {it for it in own if self._gate.denies_tracked(it)}
        self._uncounted |= denied - self._counted
        denied |= self._gate.denied(others) if others else set()
        return [it for it in (*own, *others) if it not in denied]

    def _may_be_work(self, path: str) -> bool:
        """Whether a file that git does not track may belong to the work, and not to another repository.

        Without git nothing says what is work: of folders in the folder nothing is told.
        """
        names = path.split("/")
        if len(names) > 1 and not self._has_git:
            return False
        if ".git" in names or is_passing(names[-1]):
            return False
        folders = ("/".join(names[:depth]) for depth in range(1, len(names)))
        return not any((self._place.root / folder / ".git").exists() for folder in folders)

    def _differs(self, entry: Entry, found: OnDisk) -> bool:
        return entry.is_unmerged or object_id(found.data, entry.id) != entry.id

    def _bases(self, read_now: Mapping[str, OnDisk], paths: Mapping[str, bool]) -> dict[str, Base]:
        """What files were that the session did not know. None of those that are as git has them."""
        entries = {path: self._tracked[path] for path in read_now if path in self._tracked}
        changed = {path: it for path, it in entries.items() if self._differs(it, read_now[path])}
        # What a file in conflict was, git does not say.
        wanted = [it.id for it in changed.values() if not it.is_unmerged]
        had = contents(self._place.root, wanted, FILE_BYTES_MAX)
        bases = {}
        for path, found in read_now.items():
            text: str | None = None
            if path in entries and path not in changed:
                continue
            entry = changed.get(path)
            data = had.get(entry.id) if entry is not None and not entry.is_unmerged else None
            if data is not None and path not in self._told:
                text = as_checked_out(data, found.text)
                if text == found.text:
                    continue
            if text is not None:
                bases[path] = Base(text, "git", None)
            elif paths[path] and path not in self._stood | self._told and path not in entries:
                bases[path] = Base("", "disk", None)
            else:
                bases[path] = Base(found.text, "disk", None)
        return bases


def _known(documents: Documents, paths: Iterable[str]) -> dict[str, _Known]:
    known = {}
    for path in paths:
        open_there, on_disk = documents.in_editor(path), documents.on_disk.get(path)
        if open_there is not None:
            known[path] = _Known(True, open_there.saved, None)
        elif on_disk is not None:
            known[path] = _Known(False, None, Base(on_disk.document.text, on_disk.source, on_disk))
    return known


def _moves(documents: Documents, old: str, new: str) -> list[tuple[str, str]]:
    return [(path, renamed) for path, renamed in documents.moves(old, new) if path in documents.on_disk]
