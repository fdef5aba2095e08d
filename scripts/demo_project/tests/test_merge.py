from slots.interval import Interval
from slots.merge import merge


def test_nothing_gives_nothing():
    assert merge([]) == []


def test_intervals_that_overlap_become_one():
    assert merge([Interval(60, 120), Interval(90, 150)]) == [Interval(60, 150)]


def test_intervals_that_touch_become_one():
    assert merge([Interval(120, 180), Interval(60, 120)]) == [Interval(60, 180)]


def test_an_interval_inside_another_adds_nothing():
    assert merge([Interval(60, 240), Interval(90, 120)]) == [Interval(60, 240)]
