"""Frames: consecutive lines of one session as a gzip member. Its boundaries mean nothing.

An exported session is frames in a row (`.ndjson.gz`), which `zcat`, pandas and DuckDB read as one file.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from pairlog.line import LINE_BYTES_MAX

_CHUNK_BYTES = 256 * 1024
#: What a member is given first: what it leaves is copied, and there may be a hundred thousand empty ones.
_FIRST_BYTES = 4 * 1024
_INFLATED_BYTES_MAX = 4 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_SMALL_BITS = 12

#: How large frames become that are packed for good: from there on, larger ones save nothing.
PART_LINES_MAX = 1_000
#: Unpacked; only a frame of one long line has more.
PART_BYTES_MAX = 16 * 1024 * 1024


class FrameError(ValueError):
    """Bytes that are no frame, or one over a limit; the message says which."""


class FrameTooLargeError(FrameError):
    """A frame that unpacks to more than is taken."""


def pack(lines: Iterable[bytes], level: int = 6) -> bytes:
    """One gzip member with these lines, each ended by LF. The same lines give the same bytes."""
    data = b"".join(line + b"\n" for line in lines)
    # A window larger than the data only costs time to set up, which for a few keys is most of it.
    bits, memory = (_SMALL_BITS, 5) if len(data) <= 1 << _SMALL_BITS else (15, 8)
    packer = zlib.compressobj(level, zlib.DEFLATED, 16 + bits, memory)
    return packer.compress(data) + packer.flush()


def parts(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines in parts for a frame each, with at most `PART_LINES_MAX` of them and `PART_BYTES_MAX`."""
    taken: list[bytes] = []
    size = 0
    for line in lines:
        if len(taken) == PART_LINES_MAX or (taken and size + len(line) > PART_BYTES_MAX):
            yield taken
            taken, size = [], 0
        taken.append(line)
        size += len(line) + 1
    if taken:
        yield taken


def unpack(data: bytes, bytes_max: int, line_bytes_max: int = LINE_BYTES_MAX) -> list[bytes]:
    """The lines of a frame, without their line breaks.

    Raises FrameError where `data` is not one whole gzip member, does not end with a line break, or holds a
    line longer than `line_bytes_max`; FrameTooLargeError where it unpacks to more than `bytes_max`, which is
    never exceeded in memory.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, bytes_max + 1)
    except zlib.error as error:
        raise FrameError(f"not gzip ({error})") from None
    if len(unpacked) > bytes_max:
        raise FrameTooLargeError(f"more than {bytes_max} bytes when unpacked")
    if not unpacker.eof:
        raise FrameError("the gzip member is cut short")
    if unpacker.unused_data:
        raise FrameError("there is more behind its gzip member")
    lines, tail = whole_lines(unpacked)
    if tail:
        raise FrameError("the last line has no line break")
    for line in lines:
        if len(line) > line_bytes_max:
            raise FrameError(f"a line of {len(line)} bytes; at most {line_bytes_max} are taken")
    return lines


def unpacked_bytes(data: bytes) -> int:
    """How many bytes a frame unpacks to, counted with little of them in memory. Raises FrameError."""
    return sum(map(len, inflate([data])))


def whole_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """The lines of plain NDJSON, and what stands behind the last line break: a torn tail or nothing."""
    lines = data.split(b"\n")
    tail = lines.pop()
    return lines, tail


def read(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of frames in a row, or of plain NDJSON, read as they come.

    A tail that a crash tore off is not yielded: FrameError is raised after the last whole line.
    """
    return read_pieces(iter(lambda: stream.read(_CHUNK_BYTES), b""))


def read_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """As `read`, from bytes cut anywhere. Little of them is in memory at once, whatever they unpack to.

    Raises FrameError for a line over `LINE_BYTES_MAX` as well.
    """
    coming = iter(pieces)
    head = b""
    while len(head) < len(_GZIP) and (piece := next(coming, None)) is not None:
        head += piece
    coming = chain([head], coming)
    tail = b""
    for chunk in inflate(coming) if head.startswith(_GZIP) else coming:
        lines, tail = whole_lines(tail + chunk)
        yield from lines
        if len(tail) > LINE_BYTES_MAX:
            raise FrameError(f"a line of more than {LINE_BYTES_MAX} bytes")
    if tail:
        raise FrameError("the last line is torn: it has no line break")


def inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip members in a row unpack to, a few MiB at once, from bytes cut anywhere.

    Raises FrameError where they are no gzip, or where the last is not whole.
    """
    unpacker, started = zlib.decompressobj(wbits=31), False
    for piece in pieces:
        view, at = memoryview(piece), 0
        while at < len(view):
            packed = view[at : at + (_CHUNK_BYTES if started else _FIRST_BYTES)]
            try:
                unpacked = unpacker.decompress(packed, _INFLATED_BYTES_MAX)
            except zlib.error as error:
                raise FrameError(f"not gzip ({error})") from None
            at += len(packed) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
            started = not unpacker.eof
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=31)
            if unpacked:
                yield unpacked
    if started:
        raise FrameError("the last frame is cut short")
