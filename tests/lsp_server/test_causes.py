"""What must hold for any change, and what the scripts of `tests/truth` do not show."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.causes.history import STATES_MIN, History
from lsp_server.causes.hunk import apply
from lsp_server.causes.inference import Inference
from pairlog.document import Document
from tests.lsp_server.recording import CART, Recorded

places = st.integers(-1, 4)
pieces = st.lists(st.sampled_from([*"ab(\n\r é你", "import x\n"]), max_size=6).map("".join)
changes = st.lists(st.tuples(places, places, places, places, pieces), max_size=3)


@given(st.text("ab\n\r é你"), st.lists(changes, max_size=8))
def test_any_changes_leave_the_text_that_they_make_and_a_cause(text: str, edits: list[Any]) -> None:
    it, document = Recorded(), Document(text)
    it.open(text)
    for version, edit in enumerate(edits, start=2):
        it.change(version, *edit)
        document.apply(edit)
    it.save(document.text)
    assert it.verified
    told = [event for event in it.written if event["type"] == "edit"]
    assert {event.get("evidence") for event in told} <= {"inferred", None}
    assert all(("cause" in event) == ("rule" in event) for event in told)


@given(st.text("ab\n"), st.text("ab\n"))
def test_a_hunk_is_the_smallest_replacement(old: str, new: str) -> None:
    document = Document(old)
    hunk = apply(document, (0, 0, -1, 0, new))
    assert document.text == new
    if hunk is None:
        assert old == new
    else:
        assert hunk.removed[:1] != hunk.inserted[:1]
        assert hunk.removed[-1:] != hunk.inserted[-1:] or not hunk.removed


def test_old_states_are_let_go_of() -> None:
    history = History(Document("x\n"))
    for number in range(3 * STATES_MIN):
        assert history.take_key([(0, 0, 0, 0, "ab"[number % 2])])
        if number % 40 == 39:
            hunks, state = history.apply([(0, 0, -1, 0, "x\n")])
            history.settle(state, hunks)
    assert len(history._states) <= 2 * STATES_MIN
    assert len(history._starts) <= STATES_MIN
    assert history.step(history.now + 1, []) is None


def test_a_fix_that_shortens_what_was_typed_and_adds_its_import_is_written() -> None:
    it = Recorded()
    it.open("\nx = \n")
    it.at(1_000).change(2, *((1, 4 + at, 1, 4 + at, key) for at, key in enumerate("datetime.datetime")))
    it.at(2_000).change(3, (1, 4, 1, 21, "datetime"), (0, 0, 0, 0, "from datetime import datetime\n"))
    it.at(3_000).save("from datetime import datetime\n\nx = datetime\n")
    assert it.verified
    assert causes(it) == [("typed", None), ("unknown", "none")]


def test_an_edit_whose_cause_cannot_be_found_is_written_as_of_unknown_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def documents() -> list[Document]:
        raise IndexError("no document here")

    it = Recorded()
    it.open("a = 1\nb = 2\n")
    it.causes = Inference(documents)
    it.at(1_000).change(2, (0, 0, 0, 0, "b = 2\n"))
    it.at(2_000).change(3, (0, 0, 1, 0, ""))
    it.save("a = 1\nb = 2\n")
    assert it.verified
    assert causes(it) == [("unknown", "failed"), ("undo", "state")]
    assert capsys.readouterr().err == (
        "pairlog: the cause of an edit could not be found: IndexError('no document here')\n"
    )


@pytest.mark.parametrize(
    ("before", "text"),
    [("x", "\n" + " " * 500_000 + "x"), ("a" * 500_000 + " ", "b = 1\nc = 2\n")],
    ids=["many blanks put in", "behind a long word"],
)
def test_a_cause_takes_no_longer_than_the_text_is_long(before: str, text: str) -> None:
    """Where the time grows with the square of the length, this takes an hour."""
    it = Recorded()
    it.open(before + "\n")
    it.at(1_000).change(2, (0, len(before), 0, len(before), text))
    it.at(2_000).save(f"{before}{text}\n")
    assert it.verified


def test_what_was_reported_is_never_overruled() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.observe({"type": "cause", "uri": CART, "cause": "agent", "ref": "m1"})
    it.at(1000).change(2, (0, 0, 0, 0, "    "), (0, 8, 0, 9, "    "))
    it.save("        a =     \n")
    told = [event for event in it.written if event["type"] != "save"][1:]
    assert [(event["type"], event["cause"], event["evidence"]) for event in told] == [
        ("edit", "agent", "reported")
    ]


def causes(it: Recorded) -> list[tuple[str, str | None]]:
    """The cause of each edit as a session tells it in the end, and the rule that found it."""
    told: dict[int, tuple[str, str | None]] = {}
    for seq, event in enumerate(it.written, start=1):
        if event["type"] == "edit":
            told[seq] = event.get("cause", "typed"), event.get("rule")
        elif event["type"] == "attribution":
            told[event["of"]] = event["cause"], event["rule"]
    return list(told.values())


def test_a_line_that_was_opened_and_typed_is_undone_and_redone_in_two_changes_each() -> None:
    """As Neovim tells it, which compares lines: the text of the line, then the line, at once."""
    it = Recorded()
    it.open("a\nb\n")
    it.at(0).change(2, (0, 1, 1, 0, "\n  \n"))
    it.at(1_000).change(3, (1, 2, 1, 2, "x"))
    it.at(2_000).change(4, (1, 3, 1, 3, "y"))
    it.at(3_000).change(5, (1, 2, 1, 4, ""))
    it.change(6, (1, 0, 2, 0, ""))
    it.at(4_000).change(7, (0, 1, 1, 0, "\n  \n"))
    it.change(8, (1, 2, 1, 2, "xy"))
    assert causes(it)[3:] == [
        ("undo", "too_fast"),
        ("undo", "too_fast"),
        ("redo", "too_fast"),
        ("redo", "state"),
    ]


def test_a_change_that_changes_nothing_is_part_of_what_came_right_before_and_ends_no_undo() -> None:
    it = Recorded()
    it.open("a\nb\n")
    it.at(0).change(2, (0, 1, 1, 0, "\nlong = 1\nline = 2\n"))
    it.at(1_000).change(3, (1, 0, 3, 0, ""))
    it.change(4, (0, 1, 1, 0, "\n"))
    it.at(2_000).change(5, (0, 1, 1, 0, "\n"))
    it.change(6, (0, 1, 1, 0, "\nlong = 1\nline = 2\n"))
    assert causes(it)[1:] == [
        ("undo", "state"),
        ("undo", "too_fast"),
        ("redo", "too_fast"),
        ("redo", "state"),
    ]


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        (
            "price = 1\nprices = price\n",
            (0, 0, 1, 14, "cost = 1\ncosts = cost"),
            ("refactor", "same_name"),
        ),
        ("if a:\nb = 1\nc = 2\n", (1, 0, 2, 5, "    b = 1\n    c = 2"), ("typed", None)),
        ("if a:\n    b = 1\n    c = 2\n", (1, 0, 2, 9, "b = 1\nc = 2"), ("typed", None)),
        ("a = 1\nb = 2\n", (0, 0, 2, 0, "# a = 1\n# b = 2\n"), ("typed", None)),
        ("# a = 1\n# b = 2\n", (0, 0, 2, 0, "a = 1\nb = 2\n"), ("typed", None)),
        ("a = 1\n", (0, 0, 0, 0, "# "), ("typed", None)),
        ("if a:\nb = 1\nc = 2\n", (1, 0, 2, 5, "    b = 1\n  c = 2"), ("format", "same_words")),
    ],
    ids=[
        "a name replaced",
        "indented",
        "indented less",
        "comments",
        "no comments",
        "a comment",
        "indented unevenly",
    ],
)
def test_a_block_told_as_one_change_is_known_by_what_its_lines_have_in_common(
    text: str, change: Any, expected: tuple[str, str | None]
) -> None:
    it = Recorded()
    it.open(text)
    it.at(1_000).change(2, change)
    assert causes(it) == [expected]


def test_lines_that_are_put_in_and_at_once_taken_out_elsewhere_were_moved() -> None:
    it = Recorded()
    it.open("first = 1\nsecond = 2\nthird = 3\n")
    it.at(1_000).change(2, (0, 0, 0, 0, "third = 3\n"))
    it.change(3, (3, 0, 4, 0, ""))
    assert causes(it) == [("typed", "moved"), ("typed", None)]


def test_a_line_that_is_cut_and_put_in_one_line_below_is_moved_not_undone() -> None:
    it = Recorded()
    it.open("a\nb b b\nc c\nd\n")
    it.at(1_000).change(2, (1, 0, 2, 0, ""))
    it.at(2_000).change(3, (2, 0, 2, 0, "b b b\n"))
    assert causes(it) == [("typed", None), ("paste", "taken_before")]


def test_a_line_that_is_cut_and_put_back_is_undone() -> None:
    it = Recorded()
    it.open("a\nb b b\nc c\n")
    it.at(1_000).change(2, (1, 0, 2, 0, ""))
    it.at(2_000).change(3, (1, 0, 1, 0, "b b b\n"))
    assert causes(it) == [("typed", None), ("undo", "state")]


def test_a_letter_in_the_place_of_a_letter_is_typed_also_where_that_stood_there_before() -> None:
    """As hangul comes: a syllable grows, and gives its last part to the next one."""
    it = Recorded()
    it.open("# \n")
    it.at(1_000).change(2, (0, 2, 0, 2, "ㄴ"))
    it.at(2_000).change(3, (0, 2, 0, 3, "나"))
    it.at(3_000).change(4, (0, 2, 0, 3, "난"))
    it.at(4_000).change(5, (0, 2, 0, 3, "나"))
    it.at(5_000).change(6, (0, 3, 0, 3, "다"))
    assert causes(it) == [("typed", None)] * 5


def test_once_a_client_says_what_is_undone_nothing_else_is() -> None:
    it = Recorded()
    it.open("a\nb b b\n")
    it.at(1_000).change(2, (0, 1, 0, 1, " = 1"))
    it.observe({"type": "cause", "uri": CART, "cause": "undo"})
    it.at(2_000).change(3, (0, 1, 0, 5, ""))
    it.at(3_000).change(4, (1, 0, 1, 5, ""))
    it.at(4_000).change(5, (1, 0, 1, 0, "b b b"))
    assert causes(it)[1:] == [("undo", None), ("typed", None), ("paste", "taken_before")]


def composed(text: str, *pieces: str) -> list[tuple[str, str | None]]:
    """The causes where an input method puts in a piece behind the text, and each next one in its place."""
    it, place = Recorded(), len(text)
    it.open(text)
    it.at(1_000).change(2, (0, place, 0, place, "-"))
    start = end = place + 1
    for version, piece in enumerate(pieces, start=3):
        it.at(version * 1_000).change(version, (0, start, 0, end, piece))
        end = start + len(piece)
    return causes(it)[1:]


@pytest.mark.parametrize(
    "pieces",
    [
        ("n", "ni", "ni h", "ni ha", "ni hao", "你好"),
        ("s", "sh", "shi", "shi'j", "shi'jie", "世界"),
        ("ｔ", "て", "てｓ", "てす", "てすｔ", "てすと", "テスト"),
        ("か", "かん", "かんじ", "漢字", "感じ", "漢字"),
        ("ㄴ", "나", "난", "나다"),
        ("，我们",),
        ("测试代码",),
        ("——",),
    ],
    ids=lambda pieces: pieces[-1],
)
def test_what_an_input_method_composes_is_typed(pieces: tuple[str, ...]) -> None:
    assert composed("# 你好", *pieces) == [("typed", None)] * len(pieces)


def test_words_that_are_completed_are_not_taken_for_those_of_an_input_method() -> None:
    assert composed("", "to", "total")[1:] == [("completion", "word")]
    assert composed("", "else", "else if")[1:] == [("unknown", "none")]
    assert composed("", 'print("你好")') == [("unknown", "none")]


def test_words_that_were_composed_are_undone_and_redone() -> None:
    assert composed("", "ni hao", "你好", "ni hao", "你好")[1:] == [
        ("typed", None),
        ("undo", "state"),
        ("redo", "state"),
    ]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("x = np.array(1)\n", (0, 0, 0, 0, "import numpy as np\n")),
        ("import b\nimport a\nimport c\nx\n", (0, 0, 3, 0, "import a\nimport b\n")),
        ("def f():\n    return 1\n", (1, 4, 1, 12, "if x:\n        return 3\n    return 4")),
        ("foo = 1\n", (0, 0, 0, 3, "bar")),
        ("hello world\n", (0, 0, 0, 5, "HELLO")),
        ("# \n", (0, 2, 0, 2, "世界")),
    ],
    ids=[
        "an import put in",
        "imports organised",
        "a body replaced",
        "a name with one use",
        "in upper case",
        "a word of an input method",
    ],
)
def test_what_a_command_may_do_as_well_is_not_told_as_pasted(text: str, change: Any) -> None:
    it = Recorded()
    it.open(text)
    it.at(1_000).change(2, change)
    assert causes(it) == [("unknown", "none")]


def replaced(text: str, selection: list[int]) -> list[tuple[str, str | None]]:
    """The causes where a client that tells its selections puts a text in the place of `hello`."""
    it = Recorded()
    it.open("hello world\n")
    it.observe({"type": "select", "uri": CART, "selections": [selection]})
    it.at(1_000).change(2, (0, 0, 0, 5, text))
    return causes(it)


def test_a_text_in_the_place_of_a_selection_that_was_reported_is_pasted() -> None:
    assert replaced("another", [0, 5, 0, 0]) == [("paste", "from_outside")]
    assert replaced("another", [0, 5, 0, 5]) == [("unknown", "none")]
    assert replaced("HELLO", [0, 0, 0, 5]) == [("unknown", "none")]


def test_a_selection_counts_until_the_text_is_changed() -> None:
    it = Recorded()
    it.open("hello world\n")
    it.observe({"type": "select", "uri": CART, "selections": [[0, 0, 0, 5]]})
    it.at(1_000).change(2, (0, 6, 0, 11, ""))
    it.at(2_000).change(3, (0, 0, 0, 5, "another"))
    assert causes(it)[1:] == [("unknown", "none")]
