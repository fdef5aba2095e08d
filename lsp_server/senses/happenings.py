"""Steps of version control, as the lines that tell them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import methodcaller

from lsp_server.recording.outside import OutsideLines
from lsp_server.senses.repository import Happening
from lsp_server.senses.sense import Tell
from pairlog.events import Vcs

#: So many paths of one step are named; `files` counts them all.
_PATHS_MAX = 500


class Happenings:
    """Tells a recorder what happened in a repository."""

    def __init__(self, tell: Tell, denies: Callable[[str], bool]) -> None:
        """`denies` says whether a path must not be told."""
        self._tell = tell
        self._denies = denies
        self._count = 0

    def tell(self, happened: Iterable[Happening], untold: int = 0) -> dict[str, str]:
        """Tell these steps, and how many more there were.

        Returns the name (`op`) of the last one that changed a file, by its path.
        """
        changed: dict[str, str] = {}
        for it in happened:
            self._count += 1
            op = f"vcs-{self._count}"
            denied = {path for path in (it.paths or ())[:_PATHS_MAX] if self._denies(path)}
            self._tell(
                partial(_record, told=_event(it, op, denied), denied=denied, moves=it.move.moves_files)
            )
            if it.move.moves_files:
                changed.update(dict.fromkeys(it.paths or (), op))
        if untold:
            self._tell(methodcaller("too_many_refs", untold))
        return changed


def moved_paths(happened: Iterable[Happening]) -> set[str]:
    """The files that were changed by these steps."""
    return {path for it in happened if it.move.moves_files for path in it.paths or ()}


def _record(recorder: OutsideLines, told: Vcs, denied: set[str], moves: bool) -> None:
    for path in denied:
        recorder.count_denied(path)
    recorder.version_control(told, moves)


def _event(it: Happening, op: str, denied: set[str]) -> Vcs:
    paths = None if it.paths is None else [path for path in it.paths[:_PATHS_MAX] if path not in denied]
    return Vcs(
        seq=0,
        t=0,
        action=it.move.action,
        id=it.move.after,
        parents=it.commit.parents if it.commit is not None else None,
        branch=it.branch,
        message=it.commit.message if it.commit is not None else None,
        paths=paths,
        how=it.move.how,
        op=op,
        files=None if it.paths is None else len(it.paths),
        evidence="observed",
    )
