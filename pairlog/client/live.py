"""What a watched session tells, read from server-sent events with a limit on everything; pure.

The form is the WHATWG HTML standard's, section 9.2 ("Server-sent events"); the events are those of
`docs/protocol.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from pairlog.fields import reader
from pairlog.line import LINE_BYTES_MAX
from pairlog.masking import Span

#: A line, the longest of all, and the names of the fields before it.
EVENT_BYTES_MAX = LINE_BYTES_MAX + 1024


@dataclass(frozen=True)
class Line:
    """A line; it takes the place of all that one has from its seq on."""

    seq: int
    line: bytes


@dataclass(frozen=True)
class Redaction:
    """Mask what you have: `pairlog.masking.mask` takes the spans, `resaved` a save. May be told again."""

    spans: list[Span]
    saves: list[tuple[int, str | None]]
    blobs: list[tuple[str, str]]


@dataclass(frozen=True)
class Forgotten:
    """Drop what you have from the seq `first` on; what stands there now follows."""

    first: int
    through: int


Told: TypeAlias = Line | Redaction | Forgotten


class ServerSent(NamedTuple):
    """An event as it came; `number` is None where it has no id that is a number."""

    name: str
    number: int | None
    data: bytes


def server_sent(pieces: Iterable[bytes], bytes_max: int = EVENT_BYTES_MAX) -> Iterator[ServerSent]:
    """The events of a stream, as they come. Raises ValueError for one of more than `bytes_max` bytes."""
    name, number, data, size = b"message", b"", list[bytes](), 0
    for line in _lines(pieces, bytes_max):
        size += len(line) + 1
        if size > bytes_max:
            raise ValueError("an event without an end")
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
        elif field == b"id":
            number = value
        elif not line:
            if data:
                yield ServerSent(name.decode(), int(number) if number.isdigit() else None, b"\n".join(data))
            name, number, data, size = b"message", b"", [], 0


def told_by(event: ServerSent) -> Told | None:
    """What an event tells; None for one of a later version. Raises ValueError for a mangled one."""
    if event.name == "line":
        if event.number is None:
            raise ValueError("a line without its seq")
        return Line(event.number, event.data)
    if event.name not in ("redaction", "forget"):
        return None
    try:
        body = json.loads(event.data)
        return _redaction(body) if event.name == "redaction" else _forgotten(body)
    except (KeyError, TypeError, RecursionError):
        raise ValueError(f"no {event.name}") from None


_whole = reader(int)
_spans = reader(list[tuple[int, str, int, int]])
_saves = reader(list[tuple[int, Any]])
_blobs = reader(list[tuple[str, str]])
_digest = reader(str)


def _redaction(body: Any) -> Redaction:
    return Redaction(
        [Span(*span) for span in _spans(body["spans"])],
        [(seq, None if digest is None else _digest(digest)) for seq, digest in _saves(body["saves"])],
        [(old, new) for old, new in _blobs(body["blobs"])],
    )


def _forgotten(body: Any) -> Forgotten:
    return Forgotten(_whole(body["from"]), _whole(body["through"]))


def _lines(pieces: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    """The lines of a stream, without what ends them."""
    rest = bytearray()
    for piece in pieces:
        first, *others = piece.split(b"\n")
        rest += first
        for other in others:
            yield bytes(rest.removesuffix(b"\r"))
            rest = bytearray(other)
        if len(rest) > bytes_max:
            raise ValueError("a line without an end")
