"""A store copied while it is served, and put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from collector_api.database.sqlite import SqliteDatabase
from pairlog.errors import UserError

_PAGES_AT_ONCE = 1_000


def back_up(file: Path, out: Path) -> None:
    """Copy the store in `file`, as it is at one moment, to `out`, whole or not at all; writers go on.

    Raises UserError where that cannot be done.
    """
    SqliteDatabase(file).open_reading().dispose()
    part = out.with_name(f"{out.name}.part")
    for path in (out, part):
        _check_apart(path, file)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        with (
            closing(_read_only(file)) as store,
            closing(sqlite3.connect(part)) as copy,
        ):
            # What is read once stays as it was: else SQLite begins anew whenever somebody writes in between.
            store.execute("BEGIN")
            store.execute("SELECT version FROM schema_version").fetchone()
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


@contextmanager
def copied(backup: Path, file: Path) -> Iterator[Path]:
    """A copy of a backup, migrated where it is old, beside the store in `file`; it goes at the end.

    Raises UserError where that cannot be done.
    """
    part = file.with_name(f"{file.name}.part")
    _check_apart(backup, file)
    try:
        with closing(_read_only(backup)) as copy:
            _check(copy, backup)
        _clear(part)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        shutil.copyfile(backup, part)
        SqliteDatabase(part).open_writing().dispose()
    except (OSError, sqlite3.Error) as error:
        _clear(part)
        raise UserError(f"cannot restore {backup}: {error}; is it a backup of Pairlog?") from None
    try:
        yield part
    finally:
        _clear(part)


def settle(file: Path) -> str | None:
    """Bring what is in a store's log into its file; returns why that cannot be done where it is damaged.

    Raises UserError where somebody has it open.
    """
    in_use = f"{file} is in use; stop what uses it"
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise UserError(in_use) from None
        return str(error)
    if any(path.exists() for path in _logs(file)):
        raise UserError(in_use)
    return None


def aside(file: Path) -> Path:
    """Where a store is kept that another one replaces. Raises UserError where one is kept already."""
    old = file.with_name(f"{file.name}.before-restore")
    # Of one that was interrupted before the other store was in place, it is a second name.
    if old.exists() and not (file.exists() and old.samefile(file)):
        raise UserError(f"{old} is of an earlier restore; look at it, and delete it")
    return old


def put_in_place(part: Path, file: Path) -> None:
    """Let a copy be the store, in one step; what was there is kept aside, as it is."""
    old = aside(file)
    try:
        settle(part)
        _sync(part)
        if file.exists():
            old.unlink(missing_ok=True)
            _keep_as(file, old)
        for log in _logs(file):
            if log.exists():
                log.replace(log.with_name(log.name.replace(file.name, old.name)))
        part.replace(file)
    except OSError as error:
        raise UserError(f"cannot put {file} in place: {error}; it is as it was") from None


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _keep_as(file: Path, old: Path) -> None:
    try:
        # Until the other one is in place, this one is.
        os.link(file, old)
    except OSError:
        # Not every file system has two names for a file.
        file.replace(old)


def _check_apart(one: Path, store: Path) -> None:
    """Raises UserError where a path is one of a store's own files."""
    locks = [store.with_name(f"{begin}{store.name}.lock") for begin in ("", "export-")]
    own = [store, *_logs(store), *locks]
    if one.resolve() in [path.resolve() for path in own] or any(
        path.exists() and one.exists() and path.samefile(one) for path in own
    ):
        raise UserError(f"{one} is the store itself; name another place")


def _clear(file: Path) -> None:
    for path in (file, *_logs(file)):
        path.unlink(missing_ok=True)


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
