"""A request of an agent, as what it tells of one folder; pure, for a thread of its own.

An event is of the folder that it names: `pairlog.workspace`, which a person sets for the agent, else
`workspace.host_paths`. What names another folder leaves no trace, what names none is counted for the answer.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from lsp_server.senses.agents.connection import Body
from lsp_server.senses.agents.kinds import Unknown, steps
from lsp_server.senses.agents.logs import Record, read, unpack

_NAME_CHARS_MAX = 64


class Told(NamedTuple):
    """An observation; `at_ms`: when, since 1970; `mark`: that of its record, and its place there."""

    observation: dict[str, Any]
    at_ms: int | None
    mark: str


class Batch(NamedTuple):
    """What one request tells of a folder; `not_understood`: what is missed, and the record's mark."""

    told: list[Told]
    not_understood: list[tuple[str, str]]
    without_folder: int


def read_batch(body: Body, root: Path) -> Batch:
    """What a request tells of the folder `root`. Raises Malformed, TooLarge."""
    batch = Batch([], [], 0)
    without_folder = 0
    real: dict[str, str] = {}
    for record in read(unpack(body.data) if body.is_gzip else body.data):
        folders = _folders(record)
        if not folders:
            without_folder += 1
        elif all(_holds(root, folder, real) for folder in folders):
            _tell(record, batch)
    return batch._replace(without_folder=without_folder)


def _tell(record: Record, batch: Batch) -> None:
    name = _name(record.name)
    try:
        made = steps(record)
    except Unknown:
        batch.not_understood.append((f"an agent's event of the unknown kind `{name}`", record.mark))
    except ValueError:
        batch.not_understood.append((f"an agent's event `{name}` without its fields", record.mark))
    else:
        for number, (observation, before_ms) in enumerate(made):
            at_ms = None if record.time_ms is None else record.time_ms - before_ms
            batch.told.append(Told(observation, at_ms, f"{record.mark}.{number}"))


def _folders(record: Record) -> list[str]:
    """The folders that an event names; all of them must be recorded here."""
    told = record.text("pairlog.workspace")
    if told is not None:
        return [told]
    several = record.attributes.get("workspace.host_paths")
    return [it for it in several if isinstance(it, str)] if isinstance(several, list) else []


def _holds(root: Path, folder: str, real: dict[str, str]) -> bool:
    if not Path(folder).is_absolute() or "\0" in folder:
        return False
    for name in (str(root), folder):
        if name not in real:
            real[name] = os.path.realpath(name)
    inside = real[str(root)].rstrip(os.sep) + os.sep
    return (real[folder] + os.sep).startswith(inside)


def _name(name: str) -> str:
    """A name that may be told: a short one of letters, digits, dots and underscores."""
    is_plain = name.isascii() and name.replace(".", "").replace("_", "").isalnum()
    return name if is_plain and len(name) <= _NAME_CHARS_MAX else "?"
