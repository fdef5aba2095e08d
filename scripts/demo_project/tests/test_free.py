from slots.free import free
from slots.interval import interval


def test_a_day_without_meetings_is_free():
    assert free([], interval("9:00-17:00")) == [interval("9:00-17:00")]


def test_the_time_around_meetings_is_free():
    meetings = [interval("11:00-12:00"), interval("9:00-10:30")]
    assert free(meetings, interval("9:00-17:00")) == [interval("10:30-11:00"), interval("12:00-17:00")]
