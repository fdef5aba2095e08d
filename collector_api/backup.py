"""A store copied while it is served, and put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from collector_api.sqlite import SqliteDatabase
from pairlog.errors import UserError

_PAGES_AT_ONCE = 1_000


def back_up(file: Path, out: Path) -> None:
    """Copy the store in `file`, as it is at one moment, to `out`, whole or not at all; writers go on.

    Raises UserError where that cannot be done.
    """
    SqliteDatabase(file).open_reading().dispose()
    part = out.with_name(f"{out.name}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as store,
            closing(sqlite3.connect(part)) as copy,
        ):
            store.backup(copy, pages=_PAGES_AT_ONCE, sleep=0)
            # One file, which needs none beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            _check(copy, out)
        _sync(part)
        part.replace(out)
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"cannot back up to {out}: {error}; name another place") from None
    finally:
        part.unlink(missing_ok=True)


def put_back(backup: Path, file: Path) -> Path | None:
    """Put a backup, migrated where it is old, in the place of the store in `file`, which nobody may serve.

    Returns where the store is now that was there; None where there was none. Raises UserError, and then
    nothing has changed.
    """
    part = file.with_name(f"{file.name}.part")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            _check(copy, backup)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        shutil.copyfile(backup, part)
        SqliteDatabase(part).open_writing().dispose()
        _beside(part)
        _sync(part)
        old = _set_aside(file) if file.exists() else None
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"cannot restore {backup}: {error}; is it a backup of Pairlog?") from None
    finally:
        for path in (part, *_logs(part)):
            path.unlink(missing_ok=True)
    return old


def _set_aside(file: Path) -> Path:
    old = file.with_name(f"{file.name}.before-restore")
    if old.exists():
        raise UserError(f"{old} is of an earlier restore; look at it, and delete it")
    _beside(file)
    file.replace(old)
    return old


def _beside(file: Path) -> None:
    """Bring what is in a store's log into its file. Raises UserError where somebody has it open."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    if any(path.exists() for path in _logs(file)):
        raise UserError(f"{file} is in use; stop what uses it")


def _logs(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")]


def _check(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("SELECT version FROM schema_version")
    (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise UserError(f"{file} is damaged: {said}")


def _sync(file: Path) -> None:
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
