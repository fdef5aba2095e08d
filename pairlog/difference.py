"""The changes of the wire that make one text of another: few, exact, in bounded time; pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from pairlog.alike import ends
from pairlog.document import Document, split_lines
from pairlog.events import Change, PositionEncoding
from pairlog.position import units

#: Comparing lines costs up to the product of their numbers; beyond this they are one change.
_LINES_MAX = 2_000


def changes(old: str, new: str, encoding: PositionEncoding) -> list[Change]:
    """What turns `old` into `new`, from the last change to the first, so that none moves another.

    Lines that stay are in no change, and of those that change only the characters between their same ends.
    Empty where nothing differs.
    """
    if old == new:
        return []
    before, after = split_lines(old), split_lines(new)
    found = [_change(before, after, place, encoding) for place in reversed(_places(before, after))]
    document = Document(old, encoding)
    document.apply(found)
    # A line break put together from both sides (CR and LF) can be no place of its own.
    return found if document.text == new else [(0, 0, -1, 0, new)]


#: From and to which line, in the old text and in the new one.
_Place = tuple[int, int, int, int]


def _places(before: list[str], after: list[str]) -> list[_Place]:
    """The stretches of lines that differ."""
    head, tail = 0, 0
    shorter = min(len(before), len(after))
    while head < shorter and before[head] == after[head]:
        head += 1
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > _LINES_MAX:
        return [(head, head + len(old), head, head + len(new))]
    return [
        (head + a, head + a_end, head + b, head + b_end)
        for tag, a, a_end, b, b_end in SequenceMatcher(None, old, new).get_opcodes()
        if tag != "equal"
    ]


def _change(before: list[str], after: list[str], place: _Place, encoding: PositionEncoding) -> Change:
    first, last, new_first, new_last = place
    text = "".join(after[new_first:new_last])
    if first < last and new_first < new_last:
        return _narrowed(before, first, last, text, encoding)
    # The last line has no end of its own: behind it is the end of the text.
    behind = (len(before) - 1, units(before[-1], encoding))
    start = (first, 0) if first < len(before) else behind
    end = (last, 0) if last < len(before) else behind
    return *start, *end, text


def _narrowed(before: list[str], first: int, last: int, new: str, encoding: PositionEncoding) -> Change:
    """The change of some lines, without the characters that stay at both ends; never inside a line break."""
    old = "".join(before[first:last])
    head, tail = ends(old, new)
    head = min(head, len(before[first].rstrip("\r\n")))
    final = before[last - 1]
    body = final.rstrip("\r\n")
    broken = len(final) - len(body)
    if tail < broken or (tail == broken == 0 and last < len(before)):
        # The line break itself differs: up to the beginning of the next line.
        end, end_column = (last, 0) if last < len(before) else (last - 1, units(body, encoding))
        tail = 0
    else:
        start_of_final = len(old) - len(final)
        kept = min(tail - broken, len(body), len(old) - head - broken, len(new) - head - broken)
        kept = max(0, min(kept, len(old) - broken - max(head, start_of_final)))
        end, end_column = last - 1, units(body[: len(body) - kept], encoding)
        tail = kept + broken
    column = units(before[first][:head], encoding)
    return first, column, end, end_column, new[head : len(new) - tail]
