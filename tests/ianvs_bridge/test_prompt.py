"""The question of a row: all of the episode where it fits, and never longer than its limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ianvs_bridge.prompt import CHARS_MAX_FLOOR, query

_TEXT = st.text(st.sampled_from("ab\n é\U0001f600"), max_size=4_000)


@given(_TEXT, st.dictionaries(st.text("abc/.", max_size=20), _TEXT, max_size=4))
def test_a_question_is_never_longer_than_its_limit(instruction: str, context: dict[str, str]) -> None:
    assert len(query(instruction, context, CHARS_MAX_FLOOR).text) <= CHARS_MAX_FLOOR


def test_what_fits_is_whole() -> None:
    asked = query("Fix it.", {"a.py": "x = 1\n", "b.py": "y = 2\n"}, 1_000)

    assert asked.text == "Fix it.\n\n--- a.py\nx = 1\n\n--- b.py\ny = 2\n"
    assert asked.left_out == 0


def test_a_cut_is_at_the_end_of_a_line_and_counts_what_is_left_out() -> None:
    text = "".join(f"line {number:04}\n" for number in range(1_000))

    asked = query("Fix it.", {"a.py": text}, 1_000)

    kept = asked.text.partition("--- a.py\n")[2].rpartition("[...")[0]
    assert text.startswith(kept)
    assert kept.endswith("\n")
    assert asked.left_out == len(text) - len(kept)
    assert asked.text.endswith(f"[... {asked.left_out} characters left out ...]\n")


def test_a_short_file_leaves_its_room_to_those_after_it() -> None:
    short, long = "x = 1\n", "y = 2\n" * 120

    asked = query("Fix it.", {"short.py": short, "long.py": long}, 1_000)

    assert asked.left_out == 0
