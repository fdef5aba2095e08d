"""Orders from a person to the recorders of a home, and the wait until they are obeyed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lsp_server import control
from lsp_server.layout import SessionFiles, sessions_in
from lsp_server.locks import is_held
from lsp_server.state import RecorderState, read_recorder
from pairlog.errors import UserError
from pairlog.home import Home

#: A recorder looks for orders once a second; a busy machine may take a few.
_OBEYED_SECONDS_MAX = 10.0
_LOOK_SECONDS = 0.05


class Recorded(NamedTuple):
    """A recorder at work, by the session whose orders it reads."""

    files: SessionFiles
    state: RecorderState


def recorders(home: Home, folder: Path | None) -> list[Recorded]:
    """The recorders at work in `folder`, in one around it or in one inside it; without it, all of them."""
    found = []
    for session in sessions_in(home):
        files = SessionFiles(home, session)
        state = read_recorder(files.state) if is_held(files.pid) else None
        if state is not None and (folder is None or _meet(folder, Path(state.workspace).resolve())):
            found.append(Recorded(files, state))
    return found


def pause(home: Home, folder: Path | None) -> list[str]:
    """Have them record nothing from here on; returns their workspaces. Raises UserError."""
    return _ask(home, folder, control.PAUSE, lambda state: state.is_paused)


def resume(home: Home, folder: Path | None) -> list[str]:
    """Have them go on; returns their workspaces. Raises UserError."""
    return _ask(home, folder, control.RESUME, lambda state: not state.is_paused)


def _ask(
    home: Home, folder: Path | None, order: str, is_obeyed: Callable[[RecorderState], bool]
) -> list[str]:
    asked = recorders(home, folder)
    if not asked:
        where = "" if folder is None else f" in {folder}"
        raise UserError(
            f"nothing is recorded{where} at present; `pairlog status` shows what is, `all` means all"
        )
    for files, _ in asked:
        control.give(files.control, order)
    until = time.monotonic() + _OBEYED_SECONDS_MAX
    waiting = asked
    while waiting:
        # One that has gone meanwhile records nothing.
        waiting = [it for it in waiting if (now := read_recorder(it.files.state)) and not is_obeyed(now)]
        if waiting and time.monotonic() > until:
            where = ", ".join(it.state.workspace for it in waiting)
            raise UserError(f"the recorder of {where} does not answer; close its editor to be sure")
        if waiting:
            time.sleep(_LOOK_SECONDS)
    return sorted({it.state.workspace for it in asked})


def _meet(folder: Path, workspace: Path) -> bool:
    return folder == workspace or folder in workspace.parents or workspace in folder.parents
