from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.difference import changes
from pairlog.document import Document
from pairlog.events import PositionEncoding

TEXTS = st.lists(st.sampled_from(["a", "b", "total", " ", "\n", "\r\n", "\r", "é", "😀", "x = 1\n"])).map(
    "".join
)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(TEXTS, TEXTS, ENCODINGS)
def test_the_changes_turn_the_old_text_into_the_new_one(
    old: str, new: str, encoding: PositionEncoding
) -> None:
    document = Document(old, encoding)
    document.apply(changes(old, new, encoding))
    assert document.text == new


@given(TEXTS, TEXTS)
def test_a_whole_document_is_changed_only_where_a_line_break_is_cut_in_two(old: str, new: str) -> None:
    told = changes(old.replace("\r", ""), new.replace("\r", ""), "utf-16")
    assert all(end_line != -1 for _, _, end_line, _, _ in told)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 20\nc = 3\n", [(1, 5, 1, 5, "0")]),
        ("a\nb\nc\n", "a\nc\n", [(1, 0, 2, 0, "")]),
        ("a\nc\n", "a\nb\nc\n", [(1, 0, 1, 0, "b\n")]),
        ("a\nb", "a\nbc", [(1, 1, 1, 1, "c")]),
        ("", "new\n", [(0, 0, 0, 0, "new\n")]),
        ("x\n", "", [(0, 0, 1, 0, "")]),
        ("😀 a\n", "😀 b\n", [(0, 3, 0, 4, "b")]),
        ("one\ntwo\nthree\nfour\n", "ONE\ntwo\nthree\nFOUR\n", [(3, 0, 3, 4, "FOUR"), (0, 0, 0, 3, "ONE")]),
        ("same", "same", []),
    ],
)
def test_only_what_differs_is_in_a_change(old: str, new: str, expected: list[object]) -> None:
    assert changes(old, new, "utf-16") == expected


def test_line_ends_that_change_are_told_exactly() -> None:
    document = Document("a\r\nb\r\n", "utf-16")
    document.apply(changes("a\r\nb\r\n", "a\nb\n", "utf-16"))
    assert document.text == "a\nb\n"


def test_a_large_text_in_which_every_line_changes_is_one_change() -> None:
    rng = random.Random(7)
    old = "".join(f"{rng.random()}\n" for _ in range(3_000))
    new = "".join(f"{rng.random()}\n" for _ in range(3_000))
    assert len(changes(old, new, "utf-16")) == 1
