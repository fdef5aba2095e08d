"""What was taken back of one session, and what its lines become by that; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf

from collector_api.limits import Limits
from collector_api.lines.decoder import Line, read_lines, seq_of
from collector_api.lines.redactions import Redaction, Window
from pairlog.events import End, Forget, PositionEncoding
from pairlog.intervals import Intervals
from pairlog.line import encode, parse
from pairlog.masking import mask, resaved

#: The field that names a blob, by the type of its line; and what such a line has in it, escaped or not.
_NAMES = {"open": "blob", "workspace": "manifest"}
_NAMING = re.compile(rb'"blob"|"manifest"|\\u')


@dataclass(frozen=True)
class Rewriting:
    """Redactions and windows, each in the order in which they came.

    `made` are the seqs of the lines that stand in for forgotten ones: the forget line, and what re-bases the
    documents behind it.
    """

    redactions: Sequence[Redaction] = ()
    windows: Sequence[Window] = ()
    made: Intervals = field(default_factory=Intervals)

    def excuses(self, line: Line, stored: bytes | None) -> bool:
        """Whether a line that comes again may differ from what is stored at its seq.

        Behind a window any line may: its sender forgets by itself, and may know of more places.
        """
        if line.seq in self._gone or line.seq in self._named or line.seq >= self._forgets_from:
            return True
        return stored is not None and self._with_blobs(line.raw) == stored

    def arriving(self, lines: Sequence[Line], expected: int) -> Sequence[Line]:
        """The lines of a frame, with those forgotten that are not stored yet: from seq `expected` on.

        A stretch of forgotten lines becomes one.
        """
        if not self.windows or not any(line.next > expected and self._in_window(line) for line in lines):
            return lines
        kept: list[Line] = []
        run: list[Line] = []
        for line in lines:
            if line.next > expected and self._in_window(line):
                run.append(line)
            else:
                kept.extend(_forgotten(run, expected))
                run = []
                kept.append(line)
        kept.extend(_forgotten(run, expected))
        return kept

    def rewritten(
        self, lines: Sequence[bytes], first: int, last: int, encoding: PositionEncoding
    ) -> list[bytes]:
        """Lines with seqs from `first` to `last`, with everything masked and replaced in them."""
        spans = [
            span
            for redaction in self.redactions
            for span in redaction.spans
            if first <= span.seq <= last and span.seq not in self._gone
        ]
        saves = {
            seq: digest
            for redaction in self.redactions
            for seq, digest in redaction.saves
            if first <= seq <= last and seq not in self._gone
        }
        wanted = {span.seq for span in spans} | saves.keys()
        if wanted:
            places = [place for place, line in enumerate(lines) if seq_of(line) in wanted]
            masked = mask((lines[place] for place in places), spans, encoding)
            after = dict(zip(places, _with_saves(masked, saves), strict=True))
            lines = [after.get(place, line) for place, line in enumerate(lines)]
        return [self._with_blobs(line) for line in lines]

    def reached(self, redaction: Redaction) -> Redaction:
        """What a redaction says of lines that stand: in place of forgotten ones stands another text."""
        return replace(
            redaction,
            spans=tuple(span for span in redaction.spans if span.seq not in self._gone),
            saves=tuple(save for save in redaction.saves if save[0] not in self._gone),
        )

    @cached_property
    def replaced(self) -> frozenset[str]:
        """The blobs that are named no more."""
        return frozenset(old for redaction in self.redactions for old, _ in redaction.blobs)

    @cached_property
    def _named(self) -> set[int]:
        return {seq for redaction in self.redactions for seq in redaction.seqs}

    @cached_property
    def _forgets_from(self) -> float:
        return min((window.first for window in self.windows), default=inf)

    @cached_property
    def _gone(self) -> Intervals:
        windows = ((window.first, window.through + 1) for window in self.windows)
        return Intervals([*self.made.stretches(), *windows])

    def _in_window(self, line: Line) -> bool:
        # The end is what tells readers that nothing follows.
        return not isinstance(line.event, End) and any(
            window.first <= line.seq <= window.through for window in self.windows
        )

    @cached_property
    def _blobs(self) -> dict[str, str]:
        """What each replaced blob is in the end: a later redaction may replace what an earlier one put."""
        final: dict[str, str] = {}
        for redaction in reversed(self.redactions):
            for old, new in reversed(redaction.blobs):
                final[old] = final.get(new, new)
        return final

    def _with_blobs(self, line: bytes) -> bytes:
        # There may be many lines and many blobs: few lines are looked into, and none is held against all.
        if not self._blobs or _NAMING.search(line) is None:
            return line
        body = parse(line)
        old = body.get(_NAMES.get(body["type"], ""))
        new = self._blobs.get(old) if isinstance(old, str) else None
        # In quotes it is a whole string: inside a longer one, its quotes would be escaped.
        return line if new is None else line.replace(f'"{old}"'.encode(), f'"{new}"'.encode())


def reread(lines: Sequence[Line], raws: Sequence[bytes], session: str, limits: Limits) -> Sequence[Line]:
    """Lines with the bytes in `raws`. Raises BadLine where masking left no event of one."""
    pairs = list(zip(lines, raws, strict=True))
    if all(raw == line.raw for line, raw in pairs):
        return lines
    return [line if raw == line.raw else read_lines([raw], session, limits)[0] for line, raw in pairs]


def _forgotten(run: Sequence[Line], expected: int) -> Iterator[Line]:
    if run:
        seq, through = max(run[0].seq, expected), run[-1].next - 1
        raw = encode(Forget(seq=seq, t=run[0].t, through=through))
        yield Line(raw, seq, through + 1, run[0].t, None)


def _with_saves(lines: Iterable[bytes], saves: dict[int, str | None]) -> Iterator[bytes]:
    for line in lines:
        if b'"save"' in line:
            body = parse(line)
            if body["type"] == "save" and body["seq"] in saves:
                line = resaved(line, saves[body["seq"]])
        yield line
