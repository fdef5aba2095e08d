"""What a page marks as changed is what the edit changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector_api.pages.code_view import CodeRow, Segment, view
from collector_api.pages.marks import Mark, Marker
from pairlog.document import Document
from pairlog.events import Change

_text = st.text("ab\n", max_size=8)
_change = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), _text)


@given(text=_text, change=_change)
def test_a_mark_spans_the_new_text_and_holds_the_old(text: str, change: Change) -> None:
    marker = Marker()
    document = Document(text, "utf-32", marker)
    marker.begin()
    document.apply([change])
    (mark,) = marker.marks
    assert document.slice(*mark.start, *mark.end) == change[4]
    before = document.slice(0, 0, *mark.start)
    behind = document.slice(*mark.end, len(document.lines) - 1, len(document.lines[-1]))
    assert before + mark.removed + behind == text


@given(text=_text, changes=st.lists(_change, max_size=5))
def test_the_rows_without_what_was_removed_are_the_text(text: str, changes: list[Change]) -> None:
    marker = Marker()
    document = Document(text, "utf-32", marker)
    marker.begin()
    document.apply(changes)
    rows = view(document.lines, marker.marks).rows
    shown = ["".join(segment.text for segment in row.segments if segment.kind != "removed") for row in rows]
    assert "\n".join(shown) == document.text


def test_a_change_in_the_middle_of_a_line_is_cut_out() -> None:
    shown = view(["one two three\n", "four"], [Mark((0, 4), (0, 7), "2")])
    assert shown.rows == (
        CodeRow(
            1,
            True,
            (
                Segment("same", "one "),
                Segment("removed", "2"),
                Segment("added", "two"),
                Segment("same", " three"),
            ),
        ),
        CodeRow(2, False, (Segment("same", "four"),)),
    )
    assert (shown.total, shown.first_changed, shown.before, shown.behind) == (2, 1, 0, 0)
