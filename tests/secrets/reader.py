"""What a reader can make of a session's lines: every text that they hold, rebuild, or add up to."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pairlog.document import Document
from pairlog.events import Completion, Edit, Open
from pairlog.line import decode
from pairlog.position import index
from pairlog.replay import Player
from tests.secrets.capture import Arrival


class Reading(NamedTuple):
    """A text, where it was read, and the seq of the last line that is needed for it.

    `is_sum`: it never stood like this anywhere; a reader put together what was inserted one after the other.
    """

    where: str
    text: str
    seq: int = 0
    is_sum: bool = False


def in_body(body: bytes) -> Iterator[Reading]:
    """What stands in one request: its bytes, unpacked, and the strings of its JSON."""
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    raw = body.decode("utf-8", "replace")
    yield Reading("bytes", raw)
    for line in raw.split("\n"):
        if line.startswith(("{", "[")):
            yield from (Reading("string", text) for text in _strings(line))


def in_session(lines: Iterable[bytes], blobs: Mapping[str, bytes]) -> Iterator[Reading]:
    """What the lines of a session say, in each moment of their replay and taken together."""
    player = Player(blobs.__getitem__)
    typed: dict[str, list[str]] = defaultdict(list)
    said: dict[str, list[str]] = defaultdict(list)
    for data in lines:
        line = data.decode()
        body = json.loads(line)
        seq, kind = body["seq"], body["type"]
        for text in _strings(line):
            yield Reading(f"{kind} {seq}", text, seq)
        event = decode(data)
        if isinstance(event, Edit):
            before = player.documents[event.doc].document.text
            yield from _steps(event, before, player)
            for change in event.changes:
                typed["all"].append(change[4])
                typed[f"document {event.doc}"].append(change[4])
        player.feed(event)
        if isinstance(event, (Edit, Open)):
            text = player.documents[event.doc].document.text
            yield Reading(f"document {event.doc} at {seq}", text, seq)
        elif isinstance(event, Completion) and event.text and event.position and event.doc:
            yield Reading(f"completion {seq} in its place", _in_place(event, player), seq)
        for field in ("output", "text"):
            if kind in ("run", "agent", "completion") and body.get(field):
                said[f"{kind} {body['id']}"].append(body[field])
    for name, parts in said.items():
        yield Reading(f"{name} taken together", "".join(parts), player.seq)
    for name, parts in typed.items():
        yield Reading(f"{name} taken together", "".join(parts), player.seq, is_sum=True)
        backwards = "".join(reversed(parts))
        yield Reading(f"{name} taken together, backwards", backwards, player.seq, is_sum=True)
    for digest, content in blobs.items():
        yield Reading(f"blob {digest[:8]}", content.decode("utf-8", "replace"))


def everything(arrival: Arrival) -> Iterator[Reading]:
    """All that can be read once this body has come."""
    yield from in_body(arrival.body)
    yield from in_session(arrival.lines, arrival.blobs)


def _steps(event: Edit, before: str, player: Player) -> Iterator[Reading]:
    if len(event.changes) > 1:
        document = Document(before, player.encoding)
        for number, change in enumerate(event.changes):
            document.apply((change,))
            yield Reading(f"document {event.doc} in {event.seq}, change {number}", document.text, event.seq)


def _in_place(event: Completion, player: Player) -> str:
    assert event.doc is not None
    assert event.position is not None
    line, column = event.position
    text = player.documents[event.doc].document.lines[line]
    at = index(text, column, player.encoding)
    return f"{text[:at]}{event.text}{text[at:]}"


def _strings(line: str) -> Iterator[str]:
    """Every string in JSON, also in JSON that stands in one."""
    todo: list[Any] = [json.loads(line)]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += [*value, *value.values()]
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str):
            yield value
            if value[:1] in ("{", "["):
                try:
                    todo.append(json.loads(value))
                except ValueError:
                    continue
