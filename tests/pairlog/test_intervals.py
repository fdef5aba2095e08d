"""Stretches of integers, held against a set."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pairlog.intervals import Intervals

stretches = st.tuples(st.integers(0, 20), st.integers(0, 20))


def numbers(pairs: list[tuple[int, int]]) -> set[int]:
    return {number for start, end in pairs for number in range(start, end)}


@given(st.lists(stretches), stretches)
def test_stretches_hold_what_was_put_in_and_are_as_few_as_can_be(
    added: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    intervals = Intervals()
    for start, end in added:
        intervals.add(start, end)
    model = numbers(added)
    asked_for = set(range(*asked))
    inside, outside = intervals.within(*asked), intervals.without(*asked)
    assert numbers(inside) == model & asked_for
    assert numbers(outside) == asked_for - model
    assert numbers(intervals.stretches()) == model
    assert all(number in intervals for number in model)
    for found in (inside, outside, intervals.stretches()):
        assert all(start < end for start, end in found)
        assert all(end < start for (_, end), (start, _) in pairwise(found))
    assert bool(intervals) == bool(model)
    assert Intervals(added).stretches() == intervals.stretches()
