"""A stretch of one day, in minutes since midnight."""

from typing import NamedTuple


class Interval(NamedTuple):
    """From `start` up to `end`, the end itself not included."""

    start: int
    end: int


def minutes(clock: str) -> int:
    """The minutes since midnight of a time such as `9:30`."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def interval(text: str) -> Interval:
    """The interval of a text such as `9:30-10:15`."""
    start, end = text.split("-")
    return Interval(minutes(start), minutes(end))
