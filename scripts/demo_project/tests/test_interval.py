from slots.interval import Interval, interval, minutes


def test_a_time_is_minutes_since_midnight():
    assert minutes("9:30") == 570


def test_an_interval_is_read_from_its_text():
    assert interval("9:30-10:15") == Interval(570, 615)
