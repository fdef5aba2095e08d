"""Lines in blocks do what a list of lines does."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.blocks import Blocks
from pairlog.document import split_lines

LINES = [f"line {number}\n" for number in range(3000)]
#: Where, how many lines go, and how many come; far apart, so that blocks open and close.
SPLICES = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 700), st.integers(1, 700)), max_size=12)


def blocks() -> Blocks:
    return Blocks([*LINES, ""], split_lines)


@given(SPLICES)
def test_splices_and_changes_leave_what_they_leave_in_a_list(splices: list[tuple[int, int, int]]) -> None:
    model, lines = [*LINES, ""], blocks()
    for number, (start, gone, come) in enumerate(splices):
        start = min(start, len(model) - 1)
        new = [f"new {number}.{count}\n" for count in range(come)]
        stop = min(start + gone, len(model) - 1)
        model[start:stop] = new
        lines[start:stop] = new
        model[start // 2] = lines[start // 2] = f"changed {number}\n"
        assert lines[start] == model[start]
    assert list(lines) == model
    assert len(lines) == len(model)
    assert lines.text() == "".join(model)


@given(st.lists(st.integers(-3001, 3000), min_size=1), st.integers(0, 3001), st.integers(0, 3001))
def test_lines_are_read_wherever_they_stand(places: list[int], start: int, stop: int) -> None:
    model, lines = [*LINES, ""], blocks()
    assert [lines[place] for place in places] == [model[place] for place in places]
    assert lines[start:stop] == model[start:stop]


def test_a_line_that_is_not_there_is_an_error() -> None:
    lines = blocks()
    for place in (3001, -3002):
        with pytest.raises(IndexError, match=f"line {place} of 3001"):
            lines[place]


def test_a_large_document_takes_little_more_than_its_text() -> None:
    text = "".join(f"    result = first + {number}  # as it was\n" for number in range(25_000))
    tracemalloc.start()
    lines = Blocks(split_lines(text), split_lines)
    for place in range(0, 25_000, 400):
        lines[place] = "x\n"
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1.3 * len(text)
