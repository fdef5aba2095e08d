"""The document under edits, held against a slow model that works on the whole text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import Document, split_lines
from pairlog.events import Change, PositionEncoding

ENCODINGS: tuple[PositionEncoding, ...] = ("utf-8", "utf-16", "utf-32")
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}

texts = st.text(st.sampled_from("ab \r\n\té\u2028\x0c世😀"), max_size=40)
places = st.tuples(st.integers(0, 8), st.integers(0, 12))
changes = st.tuples(places, places, texts).map(lambda it: (*it[0], *it[1], it[2]))


def model_lines(text: str) -> list[str]:
    """Lines with their ends, by the definition of LSP: LF, CRLF and CR, nothing else."""
    found = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)", text)
    return [*found, text[sum(map(len, found)) :]]


def model_offset(text: str, line: int, column: int, encoding: PositionEncoding) -> int:
    """The offset of a position, found by walking over characters."""
    lines = model_lines(text)
    if line >= len(lines):
        return len(text)
    offset = sum(map(len, lines[:line]))
    codec, size = CODECS[encoding]
    walked = 0
    for character in lines[line].rstrip("\r\n"):
        walked += len(character.encode(codec)) // size
        if walked > column:
            break
        offset += 1
    return offset


def model_apply(text: str, change: Change, encoding: PositionEncoding) -> str:
    line, column, end_line, end_column, new = change
    if end_line == -1:
        return new
    start, end = sorted(
        (model_offset(text, line, column, encoding), model_offset(text, end_line, end_column, encoding))
    )
    return text[:start] + new + text[end:]


@given(texts, st.lists(changes, max_size=6), st.sampled_from(ENCODINGS))
def test_any_edits_give_what_the_whole_text_would(
    text: str, edits: list[Change], encoding: PositionEncoding
) -> None:
    document = Document(text, encoding)
    for change in edits:
        document.apply([change])
        text = model_apply(text, change, encoding)
        assert document.lines == model_lines(text)


@given(texts, st.lists(changes, min_size=1, max_size=6))
def test_an_observer_sees_each_change_in_code_points_before_it_happens(
    text: str, edits: list[Change]
) -> None:
    mirrored = [text]

    def observe(document: Document, line: int, start: int, end_line: int, end: int, new: str) -> None:
        before = document.text
        assert before == mirrored[0]
        at = sum(map(len, document.lines[:line])) + start
        removed = document.slice(line, start, end_line, end)
        mirrored[0] = before[:at] + new + before[at + len(removed) :]

    document = Document(text, "utf-16", observe)
    document.apply(edits)
    assert document.text == mirrored[0]


@given(texts)
def test_lines_join_to_the_text_they_came_from(text: str) -> None:
    assert split_lines(text) == model_lines(text)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a\nb\n", (1, 0, 1, 1, "c"), "a\nc\n"),
        ("a\r\nb", (0, 1, 1, 0, ""), "ab"),
        ("a\rb\n", (1, 0, 1, 1, ""), "a\r\n"),
        ("no end", (0, 6, 0, 6, "\n"), "no end\n"),
        ("😀x", (0, 2, 0, 3, "y"), "😀y"),
        ("😀x", (0, 1, 0, 1, "y"), "y😀x"),
        ("ab", (0, 1, 9, 9, "!"), "a!"),
        ("ab\ncd", (0, 99, 0, 99, "!"), "ab!\ncd"),
        ("ab", (0, 2, 0, 0, ""), ""),
        ("old\ntext", (0, 0, -1, 0, "new"), "new"),
        ("\ufeffa", (0, 1, 0, 2, "b"), "\ufeffb"),
        ("", (0, 0, 0, 0, ""), ""),
    ],
    ids=[
        "in a line",
        "a CRLF goes",
        "a CR and a LF meet",
        "the last line gets an end",
        "behind an astral character",
        "inside an astral character",
        "beyond the text",
        "beyond the line",
        "backwards",
        "the whole document",
        "a byte order mark",
        "nothing",
    ],
)
def test_an_edit_in_utf16(before: str, change: Change, after: str) -> None:
    document = Document(before, "utf-16")
    document.apply([change])
    assert document.text == after


def test_several_changes_apply_each_to_what_the_one_before_left() -> None:
    document = Document("one two")
    document.apply([(0, 0, 0, 3, "three"), (0, 6, 0, 9, "four")])
    assert document.text == "three four"


def test_the_hash_is_of_the_utf8_and_a_byte_order_mark_on_disk_is_forgiven() -> None:
    document = Document("é\r\n")
    assert document.sha256() == "64da669b12bbeda0ca8f2840891bd8834e5b8206f24c7703e20ac1d472612b0e"
    assert document.matches(document.sha256())
    assert document.matches(Document("\ufeffé\r\n").sha256())
    assert not document.matches(Document("é\n").sha256())
