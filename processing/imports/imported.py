"""What every importer makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Imported:
    """A whole session, from its header to its end; `edits` of its lines are edits."""

    session: str
    lines: list[bytes]
    edits: int
