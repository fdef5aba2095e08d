"""Texts without their escapes, and the way back to where their characters are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.sending.escapes import plain


@pytest.mark.parametrize("text", ["", "x = 1", "C:\\Users", "\\d+", "\x1bM"])
def test_a_text_without_escapes_is_none(text: str) -> None:
    assert plain(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"a\\nb"', '"a\nb"'),
        ('{\\"a\\": \\"b\\"}', '{"a": "b"}'),
        ('\\\\\\"a\\\\\\"', '"a"'),
        ("\x1b[01;31m\x1b[Kpass\x1b[m\x1b[K=x", "pass=x"),
    ],
)
def test_escapes_become_what_they_mean(text: str, meant: str) -> None:
    found = plain(text)
    assert found is not None
    assert found.text == meant


@given(st.text(alphabet="ab\n\"' ", max_size=20), st.text(alphabet="cd", min_size=1, max_size=5))
def test_a_word_is_found_where_it_is_written(before: str, word: str) -> None:
    text = json.dumps(json.dumps(before + word + "\n"))
    found = plain(text)
    assert found is not None
    start = found.text.index(word)
    first, end = found.written(start, start + len(word))
    assert text[first:end] == word
