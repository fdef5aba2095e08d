"""Masking: characters of lines replaced, so that a session still replays; pure.

The one function behind redactions, forgetting and revocation. Which characters is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from pairlog.document import sha256 as digest_of
from pairlog.errors import UserError
from pairlog.events import PositionEncoding, Save
from pairlog.intervals import Intervals
from pairlog.line import decode, parse, write
from pairlog.pointer import resolve
from pairlog.position import index, scrub, units
from pairlog.replay import Blobs, Player, Replayed, ReplayError

_SHOWN = re.compile("[^\r\n]")


class Span(NamedTuple):
    """Characters of one string of one line.

    `pointer` is an RFC 6901 JSON pointer to a string; `start` and `length` are in units of the session's
    position encoding, because masking leaves those where they are.
    """

    seq: int
    pointer: str
    start: int
    length: int


def mask(lines: Iterable[bytes], spans: Iterable[Span], encoding: PositionEncoding) -> Iterator[bytes]:
    """The lines with the characters of `spans` as `*`, as many as they have units; line breaks stay.

    A span that touches a character covers it all, and ends where its string does. One that leads to no
    string is passed over. Lines in which nothing changes stay the very same bytes. Raises LineError for a
    line that is no event.
    """
    by_seq: dict[int, list[Span]] = {}
    for span in spans:
        by_seq.setdefault(span.seq, []).append(span)
    for line in lines:
        yield _mask_line(line, by_seq, encoding) if by_seq else line


def mask_text(text: str, ranges: Iterable[tuple[int, int]], encoding: PositionEncoding) -> str:
    """`text` with the characters of `ranges`, each a start and a length in units, masked."""
    merged = Intervals((start, start + length) for start, length in ranges)
    parts = []
    done = 0
    for start, end in merged.stretches():
        first = max(done, index(text, start, encoding))
        last = _index_behind(text, end, encoding)
        if first < last:
            parts += [text[done:first], stars(text[first:last], encoding)]
            done = last
    return "".join([*parts, text[done:]])


def stars(text: str, encoding: PositionEncoding) -> str:
    """`text` masked as a whole."""
    if encoding == "utf-32" or text.isascii():
        return _SHOWN.sub("*", text)
    return _SHOWN.sub(lambda match: "*" * units(match[0], encoding), text)


def rehash(
    before: Iterable[bytes],
    after: Iterable[bytes],
    blobs_before: Blobs | None = None,
    blobs_after: Blobs | None = None,
) -> list[tuple[int, str | None]]:
    """What the saves of `after` have to say, where masking or forgetting changed the saved text.

    For each such save its seq, and the SHA-256 of its text as `after` replays; None where the save did not
    verify in `before`, or where `after` has no text for it.
    """
    saves = []
    earlier = _saved(before, blobs_before)
    for save, replayed in _saved(after, blobs_after):
        save_before, replayed_before = next(it for it in earlier if it[0].seq == save.seq)
        text = _text(replayed)
        if text != _text(replayed_before):
            known = text is not None and _verifies(save_before, replayed_before)
            saves.append((save.seq, digest_of(text or "") if known else None))
    return saves


def resaved(line: bytes, sha256: str | None) -> bytes:
    """The save line with the hash of the masked text; with its own hash as a mismatch where that is None."""
    body = parse(line)
    if sha256 is not None:
        body["sha256"] = sha256
    body["sha256_of"] = "mismatch" if sha256 is None else "masked"
    return write(body)


def _mask_line(line: bytes, by_seq: dict[int, list[Span]], encoding: PositionEncoding) -> bytes:
    body = parse(line)
    ranges: dict[str, list[tuple[int, int]]] = {}
    for span in by_seq.get(body["seq"], ()):
        ranges.setdefault(span.pointer, []).append((span.start, span.length))
    changed = False
    for pointer, places in ranges.items():
        holder, key = resolve(body, pointer)
        if holder is not None and isinstance(holder[key], str):
            text = scrub(holder[key])
            masked = mask_text(text, places, encoding)
            changed = changed or masked != text
            holder[key] = masked
    return write(body) if changed else line


def _index_behind(text: str, column: int, encoding: PositionEncoding) -> int:
    """The code point index of the first character that begins at `column` or behind it."""
    found = index(text, column, encoding)
    inside = found < len(text) and units(text[:found], encoding) < column
    return found + inside


def _saved(lines: Iterable[bytes], blobs: Blobs | None) -> Iterator[tuple[Save, Replayed | None]]:
    """Each save that has a hash, with its document as the lines up to there replay, whatever does not fit."""
    player = Player(blobs)
    for line in lines:
        event = decode(line)
        player.seq = event.seq - 1
        with suppress(ReplayError, UserError):
            player.feed(event)
        if isinstance(event, Save) and event.sha256 is not None:
            yield event, player.documents.get(event.doc)


def _text(replayed: Replayed | None) -> str | None:
    return replayed.document.text if replayed is not None and replayed.live else None


def _verifies(save: Save, replayed: Replayed | None) -> bool:
    if replayed is None or not replayed.live or save.sha256 is None or save.sha256_of == "mismatch":
        return False
    return replayed.document.matches(save.sha256)
