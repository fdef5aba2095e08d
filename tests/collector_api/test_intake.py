"""Whatever way a session is cut, repeated and overlapped: exactly its lines are stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector_api.limits import Limits
from collector_api.lines.decoder import Line, read_lines
from collector_api.lines.intake import check_order, new_lines
from collector_api.problems import Conflict, Hole
from tests.collector_api.driver import SESSION, line, session_lines


def _with_gaps(lines: list[bytes]) -> list[bytes]:
    """The same session with a gap that goes through some seqs in its middle."""
    gap = line(4, "gap", reason="delivery_lost", through=9)
    return [*lines[:4], gap, *(line(seq, "resume") for seq in range(10, 16))]


WHOLE = [read_lines(lines, SESSION, Limits()) for lines in (session_lines(12), _with_gaps(session_lines(12)))]


@given(whole=st.sampled_from(WHOLE), cuts=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9))))
def test_any_slices_that_leave_nothing_out_end_with_exactly_the_lines(
    whole: list[Line], cuts: list[tuple[int, int]]
) -> None:
    stored: dict[int, bytes] = {}
    expected = 0
    for back, count in (*cuts, (len(whole), len(whole))):
        begin = max(0, len(stored) - back)
        frame = whole[begin : begin + count]
        check_order(frame)
        for fresh in new_lines(frame, expected, stored):
            stored[fresh.seq] = fresh.raw
            expected = fresh.next
    assert list(stored.items()) == [(one.seq, one.raw) for one in whole]


@given(data=st.data())
def test_what_leaves_lines_out_is_a_hole_that_names_the_first(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    taken = data.draw(st.integers(0, len(whole) - 2))
    begin = data.draw(st.integers(taken + 1, len(whole) - 1))
    expected = whole[taken].seq
    with pytest.raises(Hole) as hole:
        new_lines(whole[begin:], expected, {one.seq: one.raw for one in whole[:taken]})
    assert hole.value.members == {"expected": expected}


@given(data=st.data())
def test_one_other_byte_in_what_is_repeated_is_a_conflict(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    taken = data.draw(st.integers(1, len(whole)))
    changed = data.draw(st.integers(0, taken - 1))
    stored = {one.seq: one.raw for one in whole[:taken]}
    expected = whole[taken - 1].next
    frame = [*whole]
    frame[changed] = replace(frame[changed], raw=frame[changed].raw + b" ")
    with pytest.raises(Conflict) as conflict:
        new_lines(frame, expected, stored)
    assert conflict.value.members == {"seq": whole[changed].seq}
