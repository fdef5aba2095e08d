"""Compiled decoders, derived from `pairlog/events.py`: what a frame's lines are, before anything is stored.

A line's bytes are kept as they came. A type that this version does not know is read as far as its envelope; a
field that it does not know is left where it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import MISSING, fields
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from collector_api.limits import Limits
from collector_api.problems import BadLine, UnknownWire
from pairlog import WIRE
from pairlog.events import (
    TYPES,
    Completion,
    Consent,
    End,
    Event,
    Forget,
    Gap,
    Open,
    Rename,
    Session,
    Test,
    Workspace,
)
from pairlog.moment import canonical, later

#: Integers that every JSON reader, JavaScript's included, keeps exact.
_INT_MAX = 2**53 - 1
_Int = Annotated[int, msgspec.Meta(ge=-_INT_MAX, le=_INT_MAX)]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=_INT_MAX)]
#: Thirty years: whatever began when is then still a moment that can be written.
_T_MAX_MS = 10**12
_Time = Annotated[int, msgspec.Meta(ge=0, le=_T_MAX_MS)]
_KINDS = {"seq": _Seq, "through": _Seq, "of": _Seq, "t": _Time}

#: The events that the collector itself acts upon; of all others it needs the seq alone.
_NOTABLE = (Session, Open, Workspace, Consent, Completion, Test, End)

#: Names of studies and conditions stand in lists, and PostgreSQL keeps no NUL.
_NAME_LENGTH_MAX = 200
#: As it is written, however large: whoever sent it finds the line by it.
_SEQ = re.compile(rb'"seq"\s*:\s*(-?\d{1,40})(?![\d.eE])')
#: Up to some thousand strings and whatever stands between brackets, or one bracket. Nothing is tried twice,
#: and no step takes long, so that other threads go on.
_STEP = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"){1,4096}+|[\[\]{}]', re.DOTALL)

#: Python reads no longer integers (`sys.int_info.default_max_str_digits`).
_DIGITS_MAX = 4_300
#: So many digits in a row are four in a row of each thousandth byte, which are looked at in no time.
_SAMPLE_BYTES = 1_000
_SAMPLED_DIGITS = re.compile(rb"\d{4}")


class Line(msgspec.Struct, frozen=True, gc=False):
    """A checked line: `next` is the seq that must follow it; `event`: where the collector acts on it."""

    # A tuple takes ten times as long to make, and there is one for every line.

    raw: bytes
    seq: int
    next: int
    t: int
    event: Event | None


def _struct(cls: type[Event]) -> type[msgspec.Struct]:
    hints = get_type_hints(cls)
    members: list[Any] = []
    for field in fields(cls):
        hint = _with_bounds(hints[field.name], _KINDS.get(field.name, _Int))
        members.append((field.name, hint) if field.default is MISSING else (field.name, hint, field.default))
    return msgspec.defstruct(cls.__name__, members, tag=cls.type, tag_field="type", kw_only=True, gc=False)


def _with_bounds(hint: Any, kind: Any) -> Any:
    """The type hint with every `int` in it replaced by the bounded `kind`."""
    if hint is int:
        return kind
    origin, args = get_origin(hint), get_args(hint)
    if origin in (list, dict, tuple):
        return origin[tuple(_with_bounds(arg, kind) for arg in args)]
    if origin in (Union, UnionType):
        return reduce(or_, (_with_bounds(arg, kind) for arg in args))
    return hint


STRUCTS = {cls: _struct(cls) for cls in TYPES.values()}
_CLASSES = {STRUCTS[cls]: cls for cls in _NOTABLE}
_WITH_THROUGH = (STRUCTS[Gap], STRUCTS[Forget])
_WITH_PATH = (STRUCTS[Open], STRUCTS[Rename])
#: What leads out of a folder, on any system on which a session may be read.
_LEADING_OUT = re.compile(r"[/\\]|[A-Za-z]:[/\\]|(?:.*[/\\])?\.\.(?:[/\\]|$)|.*\0", re.DOTALL)


class _Seqs(msgspec.Struct):
    seq: int
    type: str
    through: Any = None


class _Envelope(msgspec.Struct):
    seq: _Seq
    t: _Time
    type: str


_known = msgspec.json.Decoder(reduce(or_, STRUCTS.values()))
_envelope = msgspec.json.Decoder(_Envelope)
_seqs = msgspec.json.Decoder(_Seqs)
_anything = msgspec.json.Decoder()


def read_lines(raws: Iterable[bytes], session: str, limits: Limits) -> list[Line]:
    """The checked lines of a frame of this session. Raises BadLine for the first that is not an event."""
    lines: list[Line] = []
    for index, raw in enumerate(raws):
        try:
            line = _read(raw, limits)
            if isinstance(line.event, Session):
                _check_header(line.event, session, index)
            elif line.seq == 0:
                raise ValueError("a session begins with its header, of type `session`")
        except UnknownWire:
            raise
        except (ValueError, RecursionError) as error:
            raise BadLine(_seq_of(raw, lines), index, _reason(error)) from None
        lines.append(line)
    return lines


def seq_of(line: bytes) -> int:
    """The seq of a line that was checked before."""
    return _seqs.decode(line).seq


def last_of(line: bytes) -> int:
    """The last seq that a line which was checked before covers."""
    found = _seqs.decode(line)
    covers = found.type in (Gap.type, Forget.type) and found.through is not None
    return int(found.through) if covers else found.seq


def _read(raw: bytes, limits: Limits) -> Line:
    if len(raw) > limits.line_bytes_max:
        raise ValueError(f"{len(raw)} bytes; `line_bytes_max` is {limits.line_bytes_max}")
    if not raw.isascii():
        raw.decode()
    if raw.count(b"[") + raw.count(b"{") > limits.json_depth_max:
        _check_nesting(raw, limits)
    # To look for one byte first is quicker: few lines have it.
    if b"\\" in raw and (b"\\ud" in raw or b"\\uD" in raw):
        # Fields that are not known here are skipped unread; a lone surrogate there would bite a later reader.
        _anything.decode(raw)
    if len(raw) > _DIGITS_MAX and _SAMPLED_DIGITS.search(raw[::_SAMPLE_BYTES]) is not None:
        _check_numbers(raw)
    try:
        struct: Any = _known.decode(raw)
    except msgspec.ValidationError:
        envelope = _envelope.decode(raw)
        if envelope.type in TYPES:
            raise
        return Line(raw, envelope.seq, envelope.seq + 1, envelope.t, None)
    following = struct.seq + 1
    kind = type(struct)
    if kind in _WITH_THROUGH and struct.through is not None:
        if struct.through < struct.seq:
            raise ValueError(f"`through` {struct.through} lies before its own seq")
        following = struct.through + 1
    if kind in _WITH_PATH and _LEADING_OUT.match(struct.path) is not None:
        raise ValueError("`path` leads out of the workspace; give it relative to that, without `..`")
    cls = _CLASSES.get(kind)
    event = None if cls is None else cls(**msgspec.structs.asdict(struct))
    return Line(raw, struct.seq, following, struct.t, event)


def _check_header(header: Session, session: str, index: int) -> None:
    if header.seq != 0:
        raise ValueError("a header in the middle of a session")
    if header.wire != WIRE:
        raise UnknownWire(0, index, f"wire format {header.wire}; this collector reads {WIRE}")
    for name, said in (("study", header.study), ("condition", header.condition)):
        if said is not None and (len(said) > _NAME_LENGTH_MAX or not said.isprintable()):
            raise ValueError(f"`{name}` is a name of up to {_NAME_LENGTH_MAX} printable characters")
    if header.session != session:
        raise ValueError("the header names another session than the address")
    try:
        later(canonical(header.started_at), _T_MAX_MS)
    except (ValueError, OverflowError):
        raise ValueError("`started_at` is no time of ISO 8601") from None


def _check_nesting(raw: bytes, limits: Limits) -> None:
    """Raises ValueError where a line is nested too deep, or holds too many arrays and objects.

    Reads as far as a line is JSON; that it is, is for the decoder to say.
    """
    depth = containers = place = 0
    while (step := _STEP.match(raw, place)) is not None:
        token, place = raw[place], step.end()
        if token in b"[{":
            depth += 1
            containers += 1
            if depth > limits.json_depth_max:
                raise ValueError(f"nested deeper than `json_depth_max`, {limits.json_depth_max}")
            if containers > limits.json_containers_max:
                most = limits.json_containers_max
                raise ValueError(f"more than {most} arrays and objects, `json_containers_max`")
        elif token in b"]}":
            depth -= 1


def _check_numbers(raw: bytes) -> None:
    """Raises ValueError where an integer is too long for any reader in Python; digits in texts are none."""
    try:
        json.loads(raw)
    except ValueError:
        raise ValueError(
            f"not JSON that can be read, or an integer of more than {_DIGITS_MAX} digits"
        ) from None


def _seq_of(raw: bytes, before: list[Line]) -> int | None:
    """The seq of a line that cannot be read: what it says, else what its place says."""
    found = _SEQ.search(raw)
    if found is not None:
        return int(found[1])
    return before[-1].next if before else None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 (byte {error.start})"
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError):
        return f"not JSON ({error})"
    return str(error)
