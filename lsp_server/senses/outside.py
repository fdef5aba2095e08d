"""The world outside: one thread that sleeps until a file or a ref changes, waits until it rests, and tells.

While nothing changes it costs nothing. What changes while it is at work waits in one set of paths.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from operator import methodcaller
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from pygls.uris import to_fs_path

from lsp_server.senses.batch import Batch
from lsp_server.senses.files import Files
from lsp_server.senses.happenings import Happenings, moved_paths
from lsp_server.senses.inotify import Inotify
from lsp_server.senses.repository import Happening, Repository
from lsp_server.senses.rereading import Rereading
from lsp_server.senses.sense import Deaf, Place, Tell
from lsp_server.senses.watcher import Stirred, Watcher
from lsp_server.workspace.places import is_folder

#: A batch is taken once nothing more has changed for so long, and at the latest after the second number.
_QUIET_SECONDS = 0.08
_BATCH_SECONDS_MAX = 1.0
#: Of more new folders at once than somebody makes, as of packages that git does not ignore, only so many are
#: looked into.
_NEW_FOLDERS_MAX = 1000

_STOP: Final = "stop"
_OVERFLOW: Final = "overflow"


class Outside:
    """A sense (`sense.py`) for files on disk and the repository that they lie in."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[list[Stirred] | str] = SimpleQueue()

    def start(self, place: Place, tell: Tell) -> None:
        """Begin to watch."""
        threading.Thread(target=self._run, args=(place, tell), name="outside", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._queue.put(_STOP)

    def _run(self, place: Place, tell: Tell) -> None:
        try:
            _Watch(place, tell, self._queue).run()
        except Deaf:
            return
        except Exception as error:
            print(f"pairlog: changes outside of the editor are not seen any more: {error!r}", file=sys.stderr)
            tell(methodcaller("gap", "not_emitted", "changes outside of the editor are not seen"))


class _Watch:
    """What the thread does."""

    def __init__(self, place: Place, tell: Tell, queue: SimpleQueue[list[Stirred] | str]) -> None:
        self._root = Path(os.path.realpath(place.root))
        # What is watched and what is named are one folder, also where a link leads to it.
        place = place._replace(root=self._root)
        self._place = place
        self._tell = tell
        self._queue = queue
        self._files = Files(place, tell)
        self._happenings = Happenings(tell, self._files.denies)
        self._rereading = Rereading(place, tell)
        self._repository: Repository | None = None
        self._watcher: Watcher | None = None

    def run(self) -> None:
        """Watch until somebody says stop."""
        try:
            self._begin()
            self._work()
        finally:
            if self._watcher is not None:
                self._watcher.close()

    def _begin(self) -> None:
        self._find_repository()
        self._files.look()
        self._files.look_at_files()
        folders = self._files.folders()
        self._files.stood(name for folder in folders for name in self._names(folder))
        try:
            self._watcher = self._native()
        except (OSError, ImportError):
            self._ask_client()
        self._watch_all()
        # What changed before they were watched, and behind the look, nobody else tells.
        changed = self._files.since_look(name for folder in folders for name in self._names(folder))
        stirred = [(self._root / path, is_new) for path, is_new in changed.items()]
        self._queue.put([Stirred(path, is_folder(path), is_new, 0) for path, is_new in stirred])

    def _native(self) -> Watcher:
        """What the system has. Raises OSError and ImportError."""
        try:
            return Inotify(self._queue.put, lambda: self._queue.put(_OVERFLOW))
        except OSError:
            from lsp_server.senses.watchdogs import Watchdog

            return Watchdog(self._root, self._queue.put)

    def _work(self) -> None:
        while True:
            try:
                first = self._queue.get(timeout=self._rereading.seconds())
            except Empty:
                self._try(self._look_again)
                continue
            batch = Batch(self._root, self._is_of_git)
            if first == _STOP or not self._gather(batch, first):
                return
            if batch:
                self._try(partial(self._handle, batch))
            self._try(self._look_again)

    def _gather(self, batch: Batch, first: list[Stirred] | str) -> bool:
        """Take in what comes until it rests and git is at rest too; False where it is time to stop."""
        earliest = began = time.monotonic()
        latest = began + _BATCH_SECONDS_MAX
        was_busy = False
        item: list[Stirred] | str | None = first
        while True:
            if item == _STOP:
                return False
            if item == _OVERFLOW:
                self._overflowed(batch)
            elif isinstance(item, list):
                batch.add(item)
            is_busy, now = self._is_git_busy(), time.monotonic()
            if was_busy and not is_busy:
                # git lets go of the index before it moves the head.
                earliest = now + _QUIET_SECONDS
            batch.has_git_moved |= is_busy
            if is_busy and batch.files and item is None and self._has_run_begun(began):
                # git may wait for somebody to write a message. The run did not.
                return True
            if not is_busy and now >= earliest and (item is None or now > latest):
                return True
            was_busy = is_busy
            try:
                item = self._queue.get(timeout=_QUIET_SECONDS)
            except Empty:
                item = None

    def _has_run_begun(self, since: float) -> bool:
        """Whether a run began since then, or hardly before."""
        return self._place.ask(lambda _documents: self._place.run_began()) > since - _QUIET_SECONDS

    def _is_git_busy(self) -> bool:
        return self._repository is not None and self._repository.is_busy()

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Deaf:
            raise
        except Exception as error:
            print(f"pairlog: what changed outside could not be told: {error!r}", file=sys.stderr)
            self._tell(methodcaller("gap", "not_emitted", "what changed outside could not be told"))

    def _handle(self, batch: Batch) -> None:
        self._watch_new(batch)
        happened = self._look_at_repository(batch.files) if batch.has_git_moved else []
        by_git = moved_paths(happened)
        moved = {path: is_new for path, is_new in batch.files.items() if path in by_git}
        others = {path: is_new for path, is_new in batch.files.items() if path not in moved}
        self._files.moved(batch.moves)
        if batch.vacated:
            self._watch_all()
        # What git did not do came before: a commit follows the changes that it takes.
        edited = self._files.changed(others)
        untold = self._repository.untold if happened and self._repository is not None else 0
        refs = self._happenings.tell(happened, untold)
        if happened:
            self._look_anew(moved)
        for it in (*edited, *self._files.changed(moved, refs)):
            self._rereading.await_(it)

    def _look_again(self) -> None:
        """See what became of documents whose files changed; of those that were closed, tell what changed."""
        closed = self._rereading.look()
        if closed:
            refs = {it.path: it.ref for it in closed if it.ref is not None}
            for it in self._files.changed({it.path: False for it in closed}, refs):
                self._rereading.await_(it)

    def _look_at_repository(self, waiting: Collection[str]) -> list[Happening]:
        if self._repository is None:
            self._find_repository()
            self._look_anew(waiting)
            if self._repository is None:
                # git is still making it.
                self._watch([self._root / ".git"])
            return []
        return self._repository.look()

    def _find_repository(self) -> None:
        self._repository = Repository.of(self._root)
        if self._repository is not None and not self._repository.is_readable:
            self._tell(methodcaller("gap", "unsupported", "version control: refs in a reftable are not read"))

    # -- what is watched -----------------------------------------------------------------------------------

    def _look_anew(self, waiting: Collection[str]) -> None:
        self._files.look()
        self._watch_all()
        self._files.look_at_files(waiting)

    def _watch_all(self) -> None:
        """Watch the folders of tracked files and of the repository."""
        places = self._repository.places() if self._repository is not None else []
        self._watch([*places, *sorted(self._files.folders())])

    def _watch(self, folders: list[Path]) -> None:
        for folder in folders:
            if self._watcher is None:
                return
            try:
                self._watcher.watch(folder)
            except OSError:
                # The kernel's limit of watches is reached.
                self._watcher.close()
                self._watcher = None
                self._ask_client()

    def _watch_new(self, batch: Batch) -> None:
        """Watch folders that came to be, and take in what they hold already."""
        if self._watcher is not None and batch.vacated:
            self._watcher.unwatch([self._root / folder for folder in batch.vacated])
        # Of all that lie equally deep, git is asked at once.
        level = list(dict.fromkeys(batch.folders))
        room, left = _NEW_FOLDERS_MAX, 0
        while level:
            found = self._files.watchable(level)
            taken = found[:room]
            left += len(found) - len(taken)
            room -= len(taken)
            level = [inner for folder in taken for inner in self._take_in(folder, batch)]
        if left:
            self._tell(methodcaller("too_many_folders_on_disk", left))

    def _take_in(self, folder: str, batch: Batch) -> list[str]:
        """Watch a new folder and take in its files; returns the folders in it."""
        place = self._root / folder
        self._watch([place])
        inner = []
        for path in self._names(place):
            if is_folder(self._root / path):
                inner.append(path)
            else:
                batch.files.setdefault(path, True)
        return inner

    def _names(self, folder: Path) -> list[str]:
        try:
            names = os.listdir(folder)  # noqa: PTH208
        except OSError:
            return []
        return [(folder / name).relative_to(self._root).as_posix() for name in names]

    def _is_of_git(self, path: Path) -> bool | None:
        return self._repository.is_told_by(path) if self._repository is not None else None

    def _ask_client(self) -> None:
        """Without watches of our own, the client's are the next best."""
        if not self._place.ask(lambda _documents: self._place.watch_by_client(self._hear_client)):
            what = "changes outside of the editor: neither system nor client watches files"
            self._tell(methodcaller("gap", "unsupported", what))

    def _hear_client(self, files: list[tuple[str, bool]]) -> None:
        """Called in the event loop's thread."""
        placed = [(_placed(to_fs_path(uri)), is_new) for uri, is_new in files]
        self._queue.put([Stirred(path, False, is_new, 0) for path, is_new in placed if path is not None])

    def _overflowed(self, batch: Batch) -> None:
        """The kernel dropped what it could not keep: look at all that is known."""
        batch.has_git_moved = True
        for path in self._place.ask(lambda documents: [doc.path for doc in documents]):
            batch.files.setdefault(path, False)
        self._tell(methodcaller("lost_on_disk"))


def _placed(path: str | None) -> Path | None:
    """A path in its real folder, as the workspace's is known; None for one that no file can have."""
    folder, name = os.path.split(path or "")
    try:
        return Path(os.path.realpath(folder), name) if name else None
    except ValueError:
        return None
