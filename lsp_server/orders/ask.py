"""Orders from a person to the recorders of a home, and the wait until they are obeyed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lsp_server.home import control
from lsp_server.home.layout import SessionFiles, sessions_in
from lsp_server.home.locks import is_held
from lsp_server.home.spawn import sender_runs, start_sender
from lsp_server.home.state import RecorderState, read_recorder
from lsp_server.sending.delivered import delivered_since, take_back
from pairlog.consent import Choice
from pairlog.errors import UserError
from pairlog.home import Home
from pairlog.ids import keyed
from pairlog.line import LineError, parse

#: A recorder looks for orders once a second; a busy machine may take a few.
_OBEYED_SECONDS_MAX = 10.0
#: Taking back half of a session of 40,000 lines takes a quarter of a minute.
_FORGOTTEN_SECONDS_MAX = 90.0
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


class Forgotten(NamedTuple):
    """What became of an order to forget."""

    #: The folders whose recorders have obeyed.
    workspaces: list[str]
    #: Sessions without a recorder: the sender takes the minutes back, at the collector too.
    left_to_sender: int


def forget(home: Home, folder: Path | None, since_ms: int, until_ms: int) -> Forgotten:
    """Have what was recorded in this time taken back, in milliseconds since 1970, wherever it is by now.

    Raises UserError where a recorder does not answer; the order stands all the same.
    """
    asked, left = order_to_forget(home, folder, since_ms, until_ms)
    _wait(asked, lambda state: state.forgot_until_ms >= until_ms, _FORGOTTEN_SECONDS_MAX)
    return Forgotten(sorted({it.state.workspace for it in asked}), left)


def order_to_forget(
    home: Home, folder: Path | None, since_ms: int, until_ms: int
) -> tuple[list[Recorded], int]:
    """Give the order; returns the recorders that have it, and how many sessions are left to the sender."""
    if not home.spool.is_dir():
        return [], 0
    asked = recorders(home, folder)
    recorded = {files.session for files, _ in asked}
    hashes = None if folder is None else _hashes(home, folder, *folder.parents)
    gone = {it.session: it for it in delivered_since(home, since_ms / 1000)}
    left = set[str]()
    for session in sessions_in(home):
        files = SessionFiles(home, session)
        workspace = gone[session].workspace if session in gone else _workspace_of(files)
        if session in recorded or hashes is None or workspace in hashes:
            control.give(files.control, control.FORGET, since=since_ms, until=until_ms)
            left.add(session)
    # Looked at again: one may have been delivered just now, its orders unread.
    for session in gone.keys() - sessions_in(home):
        if hashes is None or gone[session].workspace in hashes:
            take_back(home, gone[session], since_ms, until_ms)
            left.add(session)
    _see_to_it(home, len(left - recorded))
    return asked, len(left - recorded)


def lower_consent(home: Home, folder: Path, level: Choice) -> None:
    """Tell the sender that less may leave of a folder's sessions; recorders hear it themselves."""
    hashes = _hashes(home, folder)
    theirs = [files for it in sessions_in(home) if _workspace_of(files := SessionFiles(home, it)) in hashes]
    for files in theirs:
        control.give(files.control, control.CONSENT, level=level)
    _see_to_it(home, len(theirs))


def _hashes(home: Home, *folders: Path) -> set[str]:
    """How the headers of the sessions of these folders name them; a client may have spelt them either way."""
    return {keyed(home.key(), str(it)) for folder in folders for it in (folder, folder.resolve())}


def _see_to_it(home: Home, sessions: int) -> None:
    if sessions and not sender_runs(home):
        start_sender(home)


def _workspace_of(files: SessionFiles) -> str | None:
    """The keyed hash of the folder that a session is about."""
    try:
        with files.spool.open("rb") as stream:
            return str(parse(stream.readline())["workspace"])
    except (OSError, LineError, KeyError):
        return None


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
    _wait(asked, is_obeyed)
    return sorted({it.state.workspace for it in asked})


def _wait(
    asked: list[Recorded],
    is_obeyed: Callable[[RecorderState], bool],
    seconds_max: float = _OBEYED_SECONDS_MAX,
) -> None:
    """Wait until all have obeyed. Raises UserError."""
    until = time.monotonic() + seconds_max
    waiting = asked
    while waiting:
        # One that has gone meanwhile records nothing.
        waiting = [it for it in waiting if (now := read_recorder(it.files.state)) and not is_obeyed(now)]
        if waiting and time.monotonic() > until:
            where = ", ".join(it.state.workspace for it in waiting)
            raise UserError(f"the recorder of {where} does not answer; close its editor to be sure")
        if waiting:
            time.sleep(_LOOK_SECONDS)


def _meet(folder: Path, workspace: Path) -> bool:
    return folder == workspace or folder in workspace.parents or workspace in folder.parents
