"""A line that comes again with more of it masked: what a redaction would have said of it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from collector_api.lines.redactions import Redaction
from pairlog.events import PositionEncoding
from pairlog.line import parse
from pairlog.masking import Span
from pairlog.pointer import step
from pairlog.position import units

#: What masking changes in a line beside its characters.
_HASHES = {"save": ("sha256", "sha256_of"), "open": ("blob",), "workspace": ("manifest",)}


class _Other(Exception):
    """The lines differ by more than masking."""


def remasked(before: bytes, after: bytes, encoding: PositionEncoding) -> Redaction | None:
    """The redaction, without an id, that turns one line into the other; None where none does."""
    old, new = parse(before), parse(after)
    seq, kind = new["seq"], new["type"]
    if (old["seq"], old["type"]) != (seq, kind):
        return None
    names = _HASHES.get(kind, ())
    hashes = [tuple(body.pop(name, None) for name in names) for body in (old, new)]
    try:
        spans = tuple(Span(seq, *place) for place in _places(old, new, "", encoding))
        return Redaction("", spans, *_of_hashes(kind, seq, *hashes))
    except _Other:
        return None


def together(redactions: Iterable[Redaction], name: str) -> Redaction:
    """One redaction that says what several say."""
    found = list(redactions)
    return Redaction(
        name,
        tuple(span for redaction in found for span in redaction.spans),
        tuple(save for redaction in found for save in redaction.saves),
        tuple(pair for redaction in found for pair in redaction.blobs),
    )


def _of_hashes(
    kind: str, seq: int, old: tuple[Any, ...], new: tuple[Any, ...]
) -> tuple[tuple[tuple[int, str | None], ...], tuple[tuple[str, str], ...]]:
    if old == new:
        return (), ()
    if kind == "save" and new[1] == "masked" and new[0] is not None:
        return ((seq, new[0]),), ()
    if kind == "save" and new == (old[0], "mismatch"):
        return ((seq, None),), ()
    if kind != "save" and None not in (*old, *new):
        return (), ((old[0], new[0]),)
    raise _Other


def _places(old: Any, new: Any, pointer: str, encoding: PositionEncoding) -> Iterator[tuple[str, int, int]]:
    if type(old) is not type(new):
        raise _Other
    if isinstance(old, dict):
        if old.keys() != new.keys():
            raise _Other
        for key, value in old.items():
            yield from _places(value, new[key], f"{pointer}{step(key)}", encoding)
    elif isinstance(old, list):
        if len(old) != len(new):
            raise _Other
        for place, value in enumerate(old):
            yield from _places(value, new[place], f"{pointer}/{place}", encoding)
    elif isinstance(old, str) and old != new:
        for start, length in _stars(old, new, encoding):
            yield pointer, start, length
    elif old != new:
        raise _Other


def _stars(old: str, new: str, encoding: PositionEncoding) -> Iterator[tuple[int, int]]:
    """Where characters of `old` are as many stars as they have units: starts and lengths in units."""
    at = start = done = 0
    for character in old:
        width = units(character, encoding)
        if new[at : at + 1] == character:
            if done > start:
                yield start, done - start
            at, done = at + 1, done + width
            start = done
        elif character not in "\r\n" and new[at : at + width] == "*" * width:
            at, done = at + width, done + width
        else:
            raise _Other
    if at != len(new):
        raise _Other
    if done > start:
        yield start, done - start
