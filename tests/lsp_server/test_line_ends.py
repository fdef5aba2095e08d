"""Texts that differ in the ends of their lines alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.workspace.line_ends import alike, in_form_of

_lines = st.lists(st.text("ab", max_size=2), min_size=1, max_size=4).filter(lambda lines: lines[-1] != "")
_form = st.tuples(st.sampled_from(["\n", "\r\n"]), st.booleans())


def _written(lines: list[str], end: str, *, has_last_end: bool) -> str:
    return end.join(lines) + end * has_last_end


@given(_lines, _form, _form)
def test_a_text_in_the_form_of_its_file_is_its_file(
    lines: list[str], sent: tuple[str, bool], kept: tuple[str, bool]
) -> None:
    one = _written(lines, sent[0], has_last_end=sent[1])
    other = _written(lines, kept[0], has_last_end=kept[1])
    assert alike(one, other)
    assert in_form_of(one, other) == other


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a\n\n", "a"), ("a\rb", "a\nb"), ("", "a")])
def test_other_lines_are_other_texts(one: str, other: str) -> None:
    assert not alike(one, other)
