"""Addresses of lakes as a store keeps them: what lies in its own folder may move with it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine

_FOLDER = "pairlog_folder"


def lies_in(engine: Engine, folder: Path) -> None:
    """Note the folder in which the store of an engine lies."""
    engine.update_execution_options(**{_FOLDER: str(folder)})


def kept(connection: Connection, lake: str) -> str:
    """The address of a lake as this store keeps it."""
    folder = connection.get_execution_options().get(_FOLDER)
    if folder is None or "://" in lake or not Path(lake).is_relative_to(folder):
        return lake
    return Path(lake).relative_to(folder).as_posix()


def whole(connection: Connection, lake: str) -> str:
    """The address of a lake that this store keeps so."""
    folder = connection.get_execution_options().get(_FOLDER)
    return lake if folder is None or "://" in lake else str(Path(folder, lake))
