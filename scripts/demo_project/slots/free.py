"""The time that meetings leave."""

from slots.interval import Interval
from slots.merge import merge


def free(meetings: list[Interval], day: Interval) -> list[Interval]:
    """What is left of `day` between `meetings`, in order."""
    left: list[Interval] = []
    start = day.start
    for meeting in merge(meetings):
        if start < meeting.start:
            left.append(Interval(start, meeting.start))
        start = meeting.end
    if start < day.end:
        left.append(Interval(start, day.end))
    return left
