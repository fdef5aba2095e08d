"""Files that changed on disk, to what a recorder is told of them.

A file is read and compared in the thread that asks, some at a time, so that the event loop has little to do
between two keys. Which files may be told, the gate says, as everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import islice
from operator import methodcaller
from pathlib import Path
from typing import NamedTuple

from lsp_server.recording.outside import Base
from lsp_server.senses.before import Before
from lsp_server.senses.known import Known, known, met, moves
from lsp_server.senses.on_disk import OnDisk, as_checked_out, read
from lsp_server.senses.sense import Act, Place, Tell
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.git import object_id
from lsp_server.workspace.history import contents
from lsp_server.workspace.index import Indexed, indexed
from lsp_server.workspace.line_ends import in_form_of
from lsp_server.workspace.manifest import FILE_BYTES_MAX
from lsp_server.workspace.paths import Folder
from lsp_server.workspace.places import exists, is_file, is_folder, is_link
from lsp_server.workspace.untracked import is_passing
from pairlog.difference import changes
from pairlog.events import Source

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


class Files:
    """Tells a recorder what became of files. For one thread."""

    def __init__(self, place: Place, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._tell = tell
        self._gate = Gate(Folder(place.root), place.rules)
        self._before = Before(place.root, self._gate.denies_tracked)
        self._tracked: dict[str, Indexed] = {}
        self._taken: list[Indexed] = []
        self._has_git = False
        self._stood: set[str] = set()
        self._counted: set[str] = set()
        self._uncounted: set[str] = set()
        self._has_told_edits = False
        self._now = now
        self._room = float(_FRESH_FILES_MAX)
        self._counted_at = now()

    def look(self) -> None:
        """Take in which files git tracks, and what it has of them."""
        entries = indexed(self._place.root)
        self._has_git = entries is not None
        last, self._tracked = self._tracked, entries or {}
        self._taken = [it for it in self._tracked.values() if last.get(it.path) != it]

    def look_at_files(self, waiting: Collection[str] = ()) -> None:
        """Take in what those are that stand other than git has them, of which it had something else before.

        Files that are `waiting` to be told are left as they were known.
        """
        taken, self._taken = self._taken, []
        unseen = (it for it in taken if it.path not in waiting)
        self._before.look(unseen, lambda paths: self._place.ask(partial(met, paths=paths)))

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

    def since_look(self, names: Iterable[str]) -> dict[str, bool]:
        """What changed since the look at files, and those of `names` that came to be; whether it is new."""
        changed = dict.fromkeys(self._before.since_look(self._tracked.values()), False)
        known = self._tracked.keys() | self._stood
        return changed | {path: True for path in names if path not in known}

    def denies(self, path: str) -> bool:
        """Whether a path that git knows must not be told."""
        return self._gate.denies_tracked(path)

    def watchable(self, folders: Iterable[str]) -> list[str]:
        """Those of the new folders that may hold files that are told; another repository's are not."""
        found = [it for it in folders if self._has_git and _is_own(self._place.root / it)]
        # Where git did not answer in time, its files are asked about once more.
        denied = self._gate.denied(found) - self._gate.unanswered
        return [it for it in found if it not in denied]

    def moved(self, moved: Iterable[tuple[str, str]]) -> None:
        """Files and folders have other paths now."""
        for old, new in moved:
            if exists(self._place.root / old):
                continue
            all_moved = self._place.ask(partial(moves, old=old, new=new))
            # What is put in the place of a tracked file is a change of that one.
            placed = {it.path for it in all_moved if it.renamed in self._tracked} - self._tracked.keys()
            self._remember_move(old, new)
            followed = [it for it in all_moved if it.is_on_disk]
            denied = self._gate.denied([it.renamed for it in followed])
            for it in followed:
                if it.renamed in denied:
                    self._say(methodcaller("gone_from_disk", it.path))
                else:
                    self._say(methodcaller("moved_on_disk", it.path, it.renamed))
            for it in all_moved:
                if not it.is_on_disk and it.path not in placed:
                    self._before.take(it.renamed, it.text)

    def _remember_move(self, old: str, new: str) -> None:
        """What a file was before is the same under its new path."""
        below = old + "/"
        paths = [old] if old in self._tracked else [it for it in self._tracked if it.startswith(below)]
        for path in paths:
            renamed = new + path[len(old) :]
            self._tracked[renamed] = self._tracked.pop(path)
            self._before.move(path, renamed)

    def changed(self, paths: Mapping[str, bool], refs: Mapping[str, str] | None = None) -> list[Edited]:
        """Tell what changed; returns what is open in the editor.

        `paths` says of each whether it is new, `refs` which step of version control changed it: that tells
        enough of a file which the session does not know and that is as git has it.
        """
        refs = refs or {}
        self._refill()
        if any(path.rpartition("/")[2] == ".gitignore" for path in paths):
            self._gate.forget()
        edited: list[Edited] = []
        untold = 0
        waiting = iter(sorted(paths))
        while chunk := list(islice(waiting, _CHUNK)):
            followed, met_before = self._place.ask(partial(known, paths=chunk))
            fresh = [it for it in chunk if it not in followed]
            read_now = {it: self._read(it) for it in (*followed, *self._admitted(fresh))}
            bases = self._bases(
                {path: it for path, it in read_now.items() if it and path not in followed}, paths, met_before
            )
            for path, found in read_now.items():
                if path not in followed:
                    untold += not self._tell_fresh(path, bases.get(path), found, refs.get(path))
                elif followed[path].base is not None:
                    untold += not self._tell_known(path, followed[path], found, refs.get(path))
                elif found is None:
                    is_there = is_file(self._place.root / path)
                    become = "unread_under_the_editor" if is_there else "gone_under_the_editor"
                    self._say(methodcaller(become, path))
                elif followed[path].saved not in found.digests:
                    edited.append(Edited(path, found, refs.get(path)))
                elif not followed[path].is_exact:
                    self._tell(methodcaller("is_as_said", path))
        if untold:
            self._say(methodcaller("too_many_on_disk", untold))
        if self._has_told_edits:
            self._has_told_edits = False
            self._tell(methodcaller("tell_seen"))
        return edited

    def _tell_known(self, path: str, known: Known, found: OnDisk | None, ref: str | None) -> bool:
        """Tell a file that the session knows; False where it lets go of it, as there is no room for more."""
        base = known.base
        assert base is not None
        if found is not None and not known.is_exact:
            base = base._replace(text=in_form_of(base.text, found.text))
        if found is not None and found.text == base.text:
            return True
        told = changes(base.text, found.text, self._place.encoding) if found is not None else []
        has_room = self._takes_room(sum(len(it[4]) for it in told) // _CHARS_OF_A_FILE)
        if found is not None and has_room:
            self._has_told_edits = True
            self._say(methodcaller("edit_on_disk", path, base, told, ref, found.since))
        else:
            self._say(methodcaller("gone_from_disk", path))
        return has_room

    def _tell_fresh(self, path: str, base: Base | None, found: OnDisk | None, ref: str | None) -> bool:
        """Tell a file that the session did not know; False where there is no room for it."""
        if base is None or found is None:
            return True
        if not self._takes_room(1 + len(found.text) // _CHARS_OF_A_FILE):
            return False
        self._before.drop(path)
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
        return not any(exists(self._place.root / folder / ".git") for folder in folders)

    def _differs(self, entry: Indexed, found: OnDisk) -> bool:
        return entry.is_unmerged or object_id(found.data, entry.id) != entry.id

    def _bases(
        self, read_now: Mapping[str, OnDisk], paths: Mapping[str, bool], met_before: Collection[str]
    ) -> dict[str, Base]:
        """What files were that the session does not know; none of those that are so still.

        Of those that it has met before, git's text may be older than what it told of them.
        """
        entries = {path: self._tracked[path] for path in read_now if path in self._tracked}
        changed = {path: it for path, it in entries.items() if self._differs(it, read_now[path])}
        # What a file in conflict was, git does not say.
        of_git = {
            path: it
            for path, it in changed.items()
            if it.is_file and not (it.is_unmerged or path in met_before or self._before.has(path))
        }
        had = contents(self._place.root, [it.id for it in of_git.values()], FILE_BYTES_MAX)
        bases = {}
        for path, found in read_now.items():
            source: Source = "disk"
            text = self._before.text(path) if path not in met_before else None
            if text is None and path in entries and path not in changed:
                self._before.drop(path)
                continue
            entry = of_git.get(path)
            data = had.get(entry.id) if entry is not None else None
            if entry is not None and data is not None and entry.may_have_been(data):
                source, text = "git", as_checked_out(data, entry.size, found.text)
            if text == found.text:
                continue
            if text is None:
                stood = path in entries or path in met_before or path in self._stood or self._before.has(path)
                source, text = "disk", found.text if stood or not paths[path] else ""
            bases[path] = Base(text, source, None)
        return bases


def _is_own(folder: Path) -> bool:
    """Whether it is a folder, no link to one, and no other repository."""
    return is_folder(folder) and not is_link(folder) and not exists(folder / ".git")
