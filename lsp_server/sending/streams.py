"""The output of programs, which comes in pieces: the last ones of each run, read as one text; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

#: Longer than any secret that a rule knows.
_TAIL_CHARS = 8 * 1024
#: Programs that print at the same time.
_RUNS_MAX = 64


class Piece(NamedTuple):
    """Part of the output `text` of the line `seq`."""

    seq: int
    text: str
    start: int
    end: int


class Stream:
    """The end of one program's output."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, str]] = []

    @property
    def text(self) -> str:
        """The pieces as one text."""
        return "".join(text for _, text in self._parts)

    def add(self, seq: int, text: str) -> None:
        """Append a piece; those that lie too far back are let go."""
        self._parts.append((seq, text))
        while sum(len(text) for _, text in self._parts[1:]) > _TAIL_CHARS:
            del self._parts[0]

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """The parts of the lines that these characters came in."""
        at = 0
        for seq, text in self._parts:
            first, last = max(0, start - at), min(len(text), end - at)
            if first < last:
                yield Piece(seq, text, first, last)
            at += len(text)


class Streams:
    """One stream for each run that was heard of lately."""

    def __init__(self) -> None:
        self._of: dict[str, Stream] = {}

    def add(self, run: str, seq: int, text: str) -> Stream:
        """Append to the stream of a run."""
        stream = self._of.pop(run, None) or Stream()
        self._of[run] = stream
        if len(self._of) > _RUNS_MAX:
            del self._of[next(iter(self._of))]
        stream.add(seq, text)
        return stream
