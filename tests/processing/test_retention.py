from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import Document
from processing.trajectories.retention import Retention


class Followed:
    """A document whose changes say whose they are."""

    def __init__(self, text: str) -> None:
        self.retention = Retention()
        self.document = Document(text, observer=self.retention.observe)

    def by(self, owner: int | None, line: int, start: int, end_line: int, end: int, text: str) -> Followed:
        self.retention.owner = owner
        self.document.apply([(line, start, end_line, end, text)])
        return self


def test_what_nobody_touched_is_kept_whole() -> None:
    followed = Followed("x\n").by(1, 0, 1, 0, 1, "abcd").by(None, 0, 0, 0, 0, "first\nsecond\n")
    assert followed.retention.shares() == {1: 1.0}


def test_deleted_characters_are_lost_and_typing_between_is_not_kept() -> None:
    followed = Followed("").by(1, 0, 0, 0, 0, "abcd").by(None, 0, 1, 0, 2, "XYZ")
    assert followed.document.text == "aXYZcd"
    assert followed.retention.shares() == {1: 0.75}


def test_only_what_differs_was_brought() -> None:
    assert Followed("tot").by(1, 0, 0, 0, 3, "total()").by(None, 0, 5, 0, 7, "").retention.shares() == {
        1: 0.5
    }


def test_a_document_sent_anew_takes_nothing_away_that_it_repeats() -> None:
    followed = Followed("a\n").by(1, 1, 0, 1, 0, "model\n").by(None, 0, 0, -1, 0, "a\nmodel\nend\n")
    assert followed.retention.shares() == {1: 1.0}


def test_what_one_brings_into_anothers_text_counts_for_each() -> None:
    followed = Followed("").by(1, 0, 0, 0, 0, "aaaa").by(2, 0, 2, 0, 3, "bb")
    assert followed.retention.shares() == {1: 0.75, 2: 1.0}


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 3),
            st.integers(0, 4),
            st.integers(0, 3),
            st.text("ab\r\n", max_size=3),
        ),
        max_size=15,
    )
)
def test_kept_characters_are_the_ones_that_stand_there(
    edits: list[tuple[bool, int, int, int, str]],
) -> None:
    """The model writes upper case only, so what it kept can be counted in the text."""
    followed = Followed("one\ntwo\r\nthree")
    brought = 0
    for by_model, line, column, length, text in edits:
        before = sum(map(str.isupper, followed.document.text))
        new = text.replace("\r", "").replace("\n", "").upper() if by_model else text
        cut = length if not by_model else 0
        followed.by(1 if by_model else None, line, column, line, column + cut, new)
        brought += max(0, sum(map(str.isupper, followed.document.text)) - before)
    kept = sum(map(str.isupper, followed.document.text))
    assert followed.retention.shares() == ({1: kept / brought} if brought else {})
