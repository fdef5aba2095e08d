"""What a contributor takes back of a session, as it stands in a request; pure.

A redaction names places whose characters are masked, a window names lines that are forgotten. Neither holds
anything of what stood there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from collector_api.limits import Limits
from collector_api.problems import BadRequest, OverLimit
from pairlog.masking import Span

#: The greatest seq that a line may have.
SEQ_MAX = 2**53 - 1

_Seq = Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]
_Units = Annotated[int, msgspec.Meta(ge=0, le=SEQ_MAX)]
_Pointer = Annotated[str, msgspec.Meta(pattern=r"^(/|$)", max_length=4_096)]
_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
#: Without NUL, which PostgreSQL keeps in no text.
_Id = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*\Z", min_length=1, max_length=200)]


# A field that is not known could be one that names a secret: it is refused, not skipped.


class _Redaction(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    spans: list[tuple[_Seq, _Pointer, _Units, _Units]] = []
    saves: list[tuple[_Seq, _Digest | None]] = []
    blobs: list[tuple[_Digest, _Digest]] = []


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    first: _Seq = msgspec.field(name="from")
    through: _Seq


class _Minutes(msgspec.Struct, forbid_unknown_fields=True):
    since: _Seq
    until: _Seq


_redaction = msgspec.json.Decoder(_Redaction)
_window = msgspec.json.Decoder(_Window)
_minutes = msgspec.json.Decoder(_Minutes)

T = TypeVar("T")

#: Seqs, the first and the last included.
Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Redaction:
    """Characters to mask, saves whose hash is another one then (None: it fits nothing), blobs to replace."""

    id: str
    spans: tuple[Span, ...] = ()
    saves: tuple[tuple[int, str | None], ...] = ()
    blobs: tuple[tuple[str, str], ...] = ()

    @cached_property
    def seqs(self) -> set[int]:
        """The lines that it names by their seq."""
        return {span.seq for span in self.spans} | {seq for seq, _ in self.saves}

    @property
    def through(self) -> int:
        """The last seq that it may reach; any line may name a blob."""
        return SEQ_MAX if self.blobs else max(self.seqs, default=-1)

    @property
    def entries(self) -> int:
        """How many places it names."""
        return len(self.spans) + len(self.saves) + len(self.blobs)

    def body(self) -> bytes:
        """The request that says this, as JSON on one line."""
        return msgspec.json.encode(
            {"id": self.id, "spans": self.spans, "saves": self.saves, "blobs": self.blobs}
        )


@dataclass(frozen=True)
class Window:
    """The lines from seq `first` up to `through`, that one included; never the header, which is kept."""

    first: int
    through: int

    def body(self) -> bytes:
        """The request that says this, as JSON on one line."""
        return msgspec.json.encode({"from": self.first, "through": self.through})


@dataclass(frozen=True)
class Minutes:
    """The lines of a time, in milliseconds since 1970, UTC; both ends included."""

    since_ms: int
    until_ms: int


def read_redaction(body: bytes, limits: Limits) -> Redaction:
    """The redaction of a request's body. Raises BadRequest, which says where; OverLimit."""
    found = _decoded(_redaction, body)
    redaction = Redaction(
        found.id, tuple(Span(*span) for span in found.spans), tuple(found.saves), tuple(found.blobs)
    )
    most = limits.redaction_spans_max
    if redaction.entries > most:
        what = f"the redaction has {redaction.entries} spans, saves and blobs; send it in several"
        raise OverLimit("redaction_spans_max", most, what)
    return redaction


def read_window(body: bytes) -> Window:
    """The window of a request's body. Raises BadRequest, which says where."""
    found = _decoded(_window, body)
    if found.through < max(found.first, 1):
        raise BadRequest("$.through: no line that can be forgotten lies between `from` and it")
    return Window(max(found.first, 1), found.through)


def read_forgotten(body: bytes) -> Window | Minutes:
    """What is to be forgotten, by seqs or by time. Raises BadRequest, which says where."""
    if b'"since"' not in body:
        return read_window(body)
    found = _decoded(_minutes, body)
    return Minutes(found.since, found.until)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        raise BadRequest(f"{where.strip('`') or '$'}: {what}; see docs/protocol.md") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON ({error})") from None
