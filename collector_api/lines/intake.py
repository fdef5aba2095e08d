"""What to do with the lines of a frame, given what is stored; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from collector_api.lines.decoder import Line
from collector_api.problems import BadLine, Conflict, Ended, Hole
from pairlog.events import End


def check_order(lines: Sequence[Line]) -> None:
    """Raises Hole where lines are left out, BadLine where one goes back, Ended where one follows an end."""
    for index in range(1, len(lines)):
        line, before = lines[index], lines[index - 1]
        expected = before.next
        if line.seq > expected:
            raise Hole(expected)
        if line.seq < expected:
            raise BadLine(line.seq, index, f"it stands where seq {expected} belongs")
        if isinstance(before.event, End):
            raise Ended(line.seq)


def _nothing(line: Line, stored: bytes | None) -> bool:
    return False


def new_lines(
    lines: Sequence[Line],
    expected: int,
    stored: Mapping[int, bytes],
    excuses: Callable[[Line, bytes | None], bool] = _nothing,
) -> Sequence[Line]:
    """The lines that are not stored yet, in their order; empty where all are.

    `expected` is the seq that follows the last stored line; `stored` maps the seqs of the stored lines that
    the frame may repeat to their bytes; `excuses` tells the lines that may differ from them, because
    something was taken back since. Raises Conflict where any other line is covered by what is stored, yet not
    stored with the same bytes; Hole where lines are missing in between.
    """
    for index, line in enumerate(lines):
        if line.seq >= expected:
            if line.seq > expected:
                raise Hole(expected)
            return lines[index:] if index else lines
        found = stored.get(line.seq)
        if found != line.raw and not excuses(line, found):
            raise Conflict(line.seq)
    return ()
