"""What of a text is still there: every character told to be the same is, in order, and none twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pairlog import alike
from pairlog.alike import same

pieces = st.lists(st.sampled_from(["a", "bc", " ", "\n", "\r", "(", "d1", "世", "  x = 1\n"]), max_size=30)
texts = pieces.map("".join)


def check(old: str, new: str) -> None:
    found = same(old, new)
    for i, j, length in found:
        assert old[i : i + length] == new[j : j + length]
    for (i, j, length), (i_next, j_next, _) in pairwise(found):
        assert i + length <= i_next
        assert j + length <= j_next


@given(texts, texts, texts, texts)
def test_what_is_the_same_is_in_order_and_has_the_ends(head: str, old: str, new: str, tail: str) -> None:
    check(head + old + tail, head + new + tail)
    assert sum(length for *_, length in same(head + old + tail, head + new + tail)) >= len(head + tail)


def test_a_large_text_in_which_every_line_is_another_keeps_its_words() -> None:
    old = "".join(f"name{it % 97} = call('{it}')\n" for it in range(alike._TOKENS_MAX))
    new = "import call\n" + old.replace("'", '"')
    check(old, new)
    kept = sum(length for *_, length in same(old, new))
    assert kept / len(old) > 0.85
