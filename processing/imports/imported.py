"""What every importer makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class AgentEdit(NamedTuple):
    """An edit of an imported session that a tool call made: SHA-256 of the text before and after.

    Times are milliseconds since 1970: of the call, and of its result, before which the file was written.
    """

    path: str
    before: str
    after: str
    called_ms: int
    done_ms: int
    tool_call: str


@dataclass(frozen=True)
class Imported:
    """A whole session, from its header to its end; `edits` of its lines are edits.

    `left_out` counts what the recording holds and the session does not. `workspaces` are the keyed hashes
    that a recorder in the same folder may have given it.
    """

    session: str
    lines: list[bytes]
    edits: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    agent_edits: Sequence[AgentEdit] = ()
    workspaces: Sequence[str] = ()
