"""The lines of a transcript as entries, each with its moment; pure.

The form is nobody's promise and changes with each version of Claude Code, so every field may be absent, and
a line that is not understood is counted, never guessed. Described from the public descriptions of versions
1.0 to 2.1: JSON Lines, with `type`, `uuid`, `parentUuid`, `sessionId`, `timestamp`, `cwd`, `gitBranch`,
`version`, `isSidechain`, `message` and `toolUseResult`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from typing import Any

from pairlog.moment import milliseconds
from pairlog.position import scrub
from processing.imports.claude_code.left_out import LeftOut


@dataclass(frozen=True)
class Entry:
    """A line: `at` in milliseconds since 1970, never before the line above; `agent` is a sub-agent's id."""

    at: int
    fields: dict[str, Any]
    agent: str | None

    def text(self, name: str) -> str:
        """A field that is a text; empty where it is none."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


def read_entries(data: bytes, agent: str | None, left_out: LeftOut) -> list[Entry]:
    """The entries of one file, in its order; those before the first known moment happen at that moment.

    Empty where no line has a moment. `agent` is the sub-agent whose file it is.
    """
    lines = [line for line in data.split(b"\n") if line.strip()]
    bodies: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        body = _body(line)
        if isinstance(body, dict):
            bodies.append(body)
        else:
            is_torn = number == len(lines) and not data.endswith(b"\n")
            left_out.add("torn last line" if is_torn else "line that is no object of JSON")
    moments = [_moment(body) for body in bodies]
    last = next((it for it in moments if it is not None), None)
    if last is None:
        left_out.add("line in a file without a time", count=len(bodies))
        return []
    entries = []
    for body, moment in zip(bodies, moments, strict=True):
        last = max(last, moment or last)
        entries.append(Entry(last, body, agent or _sidechain(body)))
    return entries


def session_id(entries: list[Entry], stem: str) -> str:
    """The session that a file is of: the one that its name says, where a line says so too, else the last."""
    named = [it.text("sessionId") for it in entries if it.text("sessionId")]
    return stem if stem in named or not named else named[-1]


def own_entries(entries: list[Entry], session: str, left_out: LeftOut) -> list[Entry]:
    """The entries without those of another session, which a transcript that goes on with it begins with."""
    own = [it for it in entries if it.text("sessionId") in ("", session)]
    if len(own) < len(entries):
        left_out.add("line of an earlier transcript", count=len(entries) - len(own))
    return own


def in_order(files: Iterable[list[Entry]], left_out: LeftOut) -> list[Entry]:
    """The entries of several files by their moments; one whose `uuid` came before is left out.

    Claude Code writes some lines again when it makes a conversation shorter.
    """
    seen: set[str] = set()
    entries = []
    for entry in merge(*files, key=lambda it: it.at):
        uuid = entry.text("uuid")
        if uuid and uuid in seen:
            left_out.add("line that was told before")
            continue
        seen.add(uuid)
        entries.append(entry)
    return entries


def _body(line: bytes) -> Any:
    try:
        text = line.decode("utf-8", "replace")
        body = json.loads(text)
        # A lone surrogate is U+FFFD everywhere in Pairlog.
        return json.loads(scrub(json.dumps(body, ensure_ascii=False))) if "\\u" in text else body
    except (ValueError, RecursionError):
        return None


def _moment(body: dict[str, Any]) -> int | None:
    try:
        moment = milliseconds(body["timestamp"])
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    return moment if moment >= 0 else None


def _sidechain(body: dict[str, Any]) -> str | None:
    if body.get("isSidechain") is not True:
        return None
    agent = body.get("agentId")
    return agent if isinstance(agent, str) and agent else "sidechain"
