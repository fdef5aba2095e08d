"""Intervals that overlap or touch, made one."""

from slots.interval import Interval


def merge(intervals: list[Interval]) -> list[Interval]:
    """The same minutes as `intervals`, in order, in as few intervals as can be."""
    merged: list[Interval] = []
    for current in sorted(intervals):
        if merged and current.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, current.end)
        else:
            merged.append(current)
    return merged
