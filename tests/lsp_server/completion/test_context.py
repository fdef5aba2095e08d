from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.completion.context import Context, context_at
from lsp_server.completion.trim import trim
from pairlog.document import Document
from pairlog.rules import Scanner
from tests.lsp_server.completion.made import context

TEXT = "one\ntwo\U0001f600 three\r\nfour"
#: Put together from pieces, so that no scanner complains about this file.
SECRET = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def test_the_text_around_the_cursor_is_cut_where_it_lies_too_far_away() -> None:
    document = Document(TEXT)
    assert context_at(document, 1, 5, None, 100, 100) == Context("one\ntwo\U0001f600", " three\r\nfour", None)
    assert context_at(document, 1, 5, "text", 5, 4) == Context("\ntwo\U0001f600", " thr", "text")
    assert context_at(document, 0, 0, None, 1, 0) == Context("", "", None)


def test_beyond_the_text_there_is_no_context() -> None:
    assert [context_at(Document(TEXT), line, 0, None, 9, 9) for line in (-1, 3)] == [None, None]


@given(st.text(alphabet="ab\n\U0001f600", max_size=40), st.data())
def test_both_halves_are_the_text(text: str, data: st.DataObject) -> None:
    document = Document(text)
    line = data.draw(st.integers(0, len(document.lines) - 1))
    found = context_at(document, line, data.draw(st.integers(0, 9)), None, 10_000, 10_000)
    assert found is not None and found.prefix + found.suffix == text


def test_secrets_are_masked_also_where_the_cursor_stands_in_one() -> None:
    masked = context(f'token = "{SECRET[:9]}', f'{SECRET[9:]}"\nx').masked(Scanner().find)
    assert masked == context('token = "*********', "*" * (len(SECRET) - 9) + '"\nx')


@pytest.mark.parametrize(
    ("answer", "prefix", "suffix", "shown"),
    [
        ("sum(prices)\n", "total = ", "\n", "sum(prices)"),
        ("sum(prices)<|fim_suffix|>more", "total = ", "\n", "sum(prices)"),
        ("items)", "total(", ")", "items"),
        ("total(items)", "print(", ")", "total(items)"),
        ("a, b):", "def f(", "):\n    pass", "a, b"),
        ("one()\n    two()\n    three()", "if x:\n    ", "\n    two()\n    three()\n", "one()"),
        ("  \n\t\n", "x = ", "", ""),
        ("", "x = ", "", ""),
        ("a\nb", "x\r\n", "", "a\r\nb"),
        ("a\ud800", "", "", "a\ufffd"),
    ],
)
def test_what_is_shown_fits_between_both_texts(answer: str, prefix: str, suffix: str, shown: str) -> None:
    assert trim(answer, context(prefix, suffix), ("<|fim_suffix|>",), is_chat=False) == shown


@pytest.mark.parametrize(
    "answer",
    [
        "sum(prices)",
        "```python\nsum(prices)\n```",
        "total = sum(prices)",
        "```\nsum(prices)\n```\nHope it helps!",
    ],
)
def test_of_a_chat_the_code_alone_is_shown(answer: str) -> None:
    assert trim(answer, context("\ntotal = "), (), is_chat=True) == "sum(prices)"


def test_an_answer_without_an_end_is_cut() -> None:
    assert trim("x\n" * 1000, context(""), (), is_chat=False).count("\n") == 39


def test_what_is_shown_has_a_limit() -> None:
    assert trim("y" * 900_000, context("x = "), (), is_chat=False) == "y" * 4096


def test_nobody_is_shown_what_cannot_be_seen() -> None:
    shown = trim("a\x1b[31m\x07\x08\tb\u202ec\u2066\x85\n\x00d", context("x = "), (), is_chat=False)
    assert shown == "a[31m\tbc\nd"
