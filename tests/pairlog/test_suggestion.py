from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import Document
from pairlog.events import Change, PositionEncoding
from pairlog.position import units
from pairlog.suggestion import Effect, Suggestion, What

TEXT = "total(items)"
NOTHING = Effect(What.NOTHING)
BEFORE, BEHIND = "x = ", "  # sum"

texts = st.text(alphabet="ab( )\n\U0001f600\u00e9", min_size=1, max_size=12).filter(
    lambda it: bool(it.strip()) and "()" not in it
)
encodings: st.SearchStrategy[PositionEncoding] = st.sampled_from(["utf-8", "utf-16", "utf-32"])


class Page:
    """A document with a suggestion in it: edits by offsets into what was written there."""

    def __init__(self, text: str = TEXT, encoding: PositionEncoding = "utf-16") -> None:
        self.document = Document(f"{BEFORE}{BEHIND}\nnext\n", encoding)
        self.encoding: PositionEncoding = encoding
        self.suggestion = Suggestion(text, 0, len(BEFORE), encoding)
        self.at = 0

    @property
    def written(self) -> str:
        return self.document.text[len(BEFORE) : self.document.text.index(BEHIND)]

    def place(self, offset: int) -> tuple[int, int]:
        before = (BEFORE + self.written[:offset]).split("\n")
        return len(before) - 1, units(before[-1], self.encoding)

    def edit(self, start: int, end: int, text: str, **said: bool) -> Effect:
        change: Change = (*self.place(start), *self.place(end), text)
        self.document.apply([change])
        self.at = start + len(text)
        return self.suggestion.edit([change], **said)

    def type(self, text: str) -> list[Effect]:
        return [self.edit(self.at, self.at, key) for key in text]

    def backspace(self) -> Effect:
        return self.edit(self.at - 1, self.at, "")


def test_all_at_once_is_accepted() -> None:
    assert Page().edit(0, 0, TEXT) == Effect(What.ACCEPTED, TEXT)


def test_the_rest_at_once_is_accepted_behind_what_was_typed() -> None:
    page = Page()
    assert page.type("tot") == [NOTHING] * 3
    assert page.suggestion.rest_at(0, len(BEFORE) + 3) == "al(items)"
    assert page.edit(3, 3, "al(items)") == Effect(What.ACCEPTED, "al(items)")


def test_words_are_parts_and_the_last_one_may_come_as_the_whole() -> None:
    page = Page("one two three")
    assert page.edit(0, 0, "one") == Effect(What.PART, "one")
    assert page.edit(3, 3, " two") == Effect(What.PART, " two")
    assert page.edit(0, 7, "one two three") == Effect(What.ACCEPTED, " three")


def test_key_by_key_is_typed_through() -> None:
    assert Page().type(TEXT) == [NOTHING] * (len(TEXT) - 1) + [Effect(What.TYPED, TEXT)]


def test_the_rest_behind_an_accepted_word_is_typed_through() -> None:
    page = Page("one two")
    page.edit(0, 0, "one")
    assert page.type(" two")[-1] == Effect(What.TYPED, " two")


def test_a_bracket_that_the_editor_closes_does_not_matter() -> None:
    page = Page()
    page.type("total")
    page.edit(5, 5, "()")
    page.at -= 1
    assert page.type("items")[-1] == Effect(What.TYPED, TEXT)


def test_a_new_line_that_the_editor_indents_is_one_key() -> None:
    page = Page("if x:\n    pass")
    page.type("if x:")
    assert page.edit(5, 5, "\n    ") == NOTHING
    assert page.type("pass")[-1] == Effect(What.TYPED, "if x:\n    pass")


def test_a_closed_block_may_be_filled() -> None:
    page = Page("{\n  a\n}")
    page.edit(0, 0, "{}")
    assert page.edit(1, 1, "\n  \n") == NOTHING
    page.at = 4
    assert page.type("a") == [Effect(What.TYPED, "{\n  a\n}")]


def test_a_single_character_is_accepted_where_the_editor_said_so() -> None:
    page = Page(")")
    assert page.edit(0, 0, ")", is_announced=True) == Effect(What.ACCEPTED, ")")


def test_what_the_editor_explains_is_no_acceptance() -> None:
    page = Page()
    assert page.edit(0, 0, TEXT, is_explained=True) == Effect(What.OTHERWISE, TEXT)
    assert page.suggestion.left() is None


def test_what_stood_there_before_is_no_acceptance_unless_the_editor_says_so() -> None:
    suggestion = Suggestion(TEXT, 0, 4, "utf-16")
    change = (0, 4, 0, 4, TEXT)
    assert suggestion.edit([change], stood_before=lambda: True) == Effect(What.OTHERWISE, TEXT)
    suggestion = Suggestion(TEXT, 0, 4, "utf-16")
    accepted = suggestion.edit([change], is_announced=True, stood_before=lambda: True)
    assert accepted == Effect(What.ACCEPTED, TEXT)


def test_what_was_typed_stays_typed_where_it_is_undone_and_redone() -> None:
    page = Page()
    page.type("total")
    page.edit(0, 5, "")
    assert page.edit(0, 0, "total", is_explained=True) == Effect(What.OTHERWISE, "total")
    assert page.suggestion.left() == "total"


@pytest.mark.parametrize(
    "changes",
    [
        [(1, 5, 1, 5, TEXT), (0, 4, 0, 4, TEXT)],
        [(0, 4, 0, 4, TEXT), (0, 0, 0, 0, "import a\n")],
        [(0, 0, 0, 0, "import a\n"), (1, 4, 1, 4, TEXT)],
        [(0, 0, 0, 1, "xy"), (0, 5, 0, 5, TEXT)],
        [(2, 0, 3, 0, ""), (0, 4, 0, 4, TEXT), (5, 0, 5, 0, "y")],
    ],
)
def test_of_an_edit_in_several_places_the_one_inside_decides(changes: list[Change]) -> None:
    assert Suggestion(TEXT, 0, 4, "utf-16").edit(changes) == Effect(What.ACCEPTED, TEXT)


def test_an_edit_is_followed_as_a_whole_or_not_at_all() -> None:
    page = Page()
    page.type("tot")
    assert page.suggestion.edit([(0, 7, 0, 7, "al"), (0, 5, 0, 40, "")]) == Effect(What.LEFT)
    assert page.suggestion.written == "tot"


def test_lines_that_come_above_move_it() -> None:
    suggestion = Suggestion(TEXT, 2, 4, "utf-16")
    assert suggestion.edit([(0, 0, 0, 0, "import a\nimport b\n")]) == NOTHING
    assert suggestion.edit([(1, 0, 2, 0, "")]) == NOTHING
    assert suggestion.edit([(3, 0, 3, 0, "# sums\n")]) == NOTHING
    assert suggestion.edit([(4, 4, 4, 4, TEXT)]) == Effect(What.ACCEPTED, TEXT)


def test_who_types_above_has_left() -> None:
    assert Suggestion(TEXT, 2, 4, "utf-16").edit([(0, 0, 0, 0, "y")]) == Effect(What.LEFT)


@pytest.mark.parametrize(
    "change",
    [
        (0, 0, 0, 0, "y"),
        (1, 0, 1, 0, "y"),
        (0, 9, 0, 9, "y"),
        (0, 2, 0, 5, ""),
        (0, 4, 1, 2, ""),
        (9, 0, 9, 0, "y"),
    ],
)
def test_an_edit_elsewhere_leaves_it(change: Change) -> None:
    assert Page().suggestion.edit([change]) == Effect(What.LEFT)


def test_a_line_that_it_does_not_have_leaves_it() -> None:
    page = Page()
    assert page.type("tot\n")[-1] == Effect(What.LEFT)
    assert page.suggestion.left() == "tot"


def test_much_of_something_else_leaves_it() -> None:
    page = Page()
    effects = page.type("prices.append(price) + 1")
    assert (effects.index(Effect(What.LEFT)), page.suggestion.left()) == (20, None)


def test_a_letter_in_common_is_no_sign() -> None:
    page = Page()
    page.type("to")
    assert page.suggestion.left() is None


def test_where_parts_were_told_nothing_is_ignored() -> None:
    page = Page()
    page.edit(0, 0, "total")
    assert page.suggestion.left() == ""


@given(texts, encodings, st.data())
def test_typed_with_slips_that_are_corrected_is_typed_through(
    text: str, encoding: PositionEncoding, data: st.DataObject
) -> None:
    page = Page(text, encoding)
    effects = []
    for key in text:
        if data.draw(st.booleans()):
            slip = data.draw(st.text(alphabet="xyz", min_size=1, max_size=3))
            effects += page.type(slip) + [page.backspace() for _ in slip]
        effects += page.type(key)
    assert [it for it in effects if it != NOTHING] == [Effect(What.TYPED, text)]
    assert page.written == text


@given(texts, encodings, st.data())
def test_every_part_of_more_than_a_key_is_told_as_it_was_taken(
    text: str, encoding: PositionEncoding, data: st.DataObject
) -> None:
    page = Page(text, encoding)
    while page.written != text:
        at = len(page.written)
        part = text[at : at + data.draw(st.integers(1, len(text)))]
        effect = page.edit(at, at, part)
        if effect.what in (What.ACCEPTED, What.PART):
            assert effect == Effect(What.ACCEPTED if page.written == text else What.PART, part)
        else:
            assert len(part.strip(" \n")) <= 1


@given(
    texts,
    encodings,
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.text(alphabet="ab\n\U0001f600", max_size=3))),
)
def test_it_knows_what_stands_at_its_place_whatever_is_done_there(
    text: str, encoding: PositionEncoding, edits: list[tuple[int, int, str]]
) -> None:
    page = Page(text, encoding)
    for one, other, new in edits:
        length = len(page.written)
        start, end = sorted((min(one, length), min(other, length)))
        effect = page.edit(start, end, new)
        assert page.suggestion.written == page.written
        assert page.suggestion.holds(*page.place(len(page.written)))
        if effect.what is not What.NOTHING:
            break


@given(
    texts,
    st.lists(
        st.tuples(*(st.integers(-2, 4) for _ in range(4)), st.text(alphabet="ab\r\n", max_size=4)), max_size=8
    ),
)
def test_no_edit_breaks_it(text: str, changes: list[Change]) -> None:
    suggestion = Suggestion(text, 1, 2, "utf-16")
    for change in changes:
        suggestion.edit([change])
    suggestion.left()
