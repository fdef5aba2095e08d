"""watchdog, for systems without inotify: one watch of the whole workspace, of which chosen folders are heard.

Those systems watch a tree as cheaply as a folder. What a system dropped because too much happened at once,
watchdog does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count
from pathlib import Path

from watchdog import events
from watchdog.observers import Observer

from lsp_server.senses.watcher import Stirred
from lsp_server.workspace.places import is_folder

_TOLD = (
    events.EVENT_TYPE_CREATED,
    events.EVENT_TYPE_MODIFIED,
    events.EVENT_TYPE_DELETED,
    events.EVENT_TYPE_MOVED,
)


class Watchdog(events.FileSystemEventHandler):
    """A `Watcher`."""

    def __init__(self, root: Path, hear: Callable[[list[Stirred]], None]) -> None:
        """Raises OSError where the system does not let it watch."""
        self._root = root
        self._hear = hear
        self._folders: frozenset[Path] = frozenset()
        self._pairs = count(1)
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.schedule(self, str(root), recursive=True)
        self._observer.start()

    def watch(self, folder: Path) -> None:
        """Watch a folder, not those in it. One that is gone is passed over. Raises OSError."""
        if folder in self._folders or not is_folder(folder):
            return
        self._folders |= {folder}
        if not folder.is_relative_to(self._root):
            # The repository of a worktree lies elsewhere.
            self._observer.schedule(self, str(folder), recursive=False)

    def unwatch(self, folders: Collection[Path]) -> None:
        """Watch these folders, and those below them, no more."""
        gone = frozenset(folders)
        self._folders = frozenset(it for it in self._folders if gone.isdisjoint((it, *it.parents)))

    def close(self) -> None:
        """Watch nothing any more; the threads end."""
        self._observer.stop()

    def dispatch(self, event: events.FileSystemEvent) -> None:
        """Called by watchdog, in its thread."""
        kind, is_folder = event.event_type, event.is_directory
        if kind not in _TOLD or (is_folder and kind == events.EVENT_TYPE_MODIFIED):
            return
        is_move = kind == events.EVENT_TYPE_MOVED
        pair = next(self._pairs) if is_move else 0
        stirred = [Stirred(_path(event.src_path), is_folder, kind == events.EVENT_TYPE_CREATED, pair)]
        if is_move:
            stirred.append(Stirred(_path(event.dest_path), is_folder, True, pair))
        heard = [it for it in stirred if it.path.parent in self._folders]
        if heard:
            self._hear(heard)


def _path(told: bytes | str) -> Path:
    return Path(told if isinstance(told, str) else told.decode())
