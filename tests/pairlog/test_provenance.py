"""Provenance, held against a slow model: each document as a list of characters with their origins."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import split_lines
from pairlog.events import Change, Close, Edit, Open, PositionEncoding
from pairlog.line import decode, parse
from pairlog.masking import Span, mask, stars
from pairlog.position import index, units
from pairlog.provenance import Provenance, Touched
from tests.pairlog.sessions import ALPHABET, Writer, position, random_session, texts
from tests.pairlog.test_document import model_offset

ENCODINGS: tuple[PositionEncoding, ...] = ("utf-8", "utf-16", "utf-32")
encodings = st.sampled_from(ENCODINGS)
chances = st.integers(0, 2**32).map(random.Random)
places = st.tuples(st.integers(0, 8), st.integers(0, 12))
changes = st.tuples(places, places, st.text(st.sampled_from(ALPHABET), max_size=12)).map(
    lambda it: (*it[0], *it[1], it[2])
)


def feed(provenance: Provenance, line: bytes) -> Touched | None:
    event = decode(line)
    if isinstance(event, Open):
        return provenance.open(event.seq, event.doc, event.text or "")
    if isinstance(event, Edit):
        return provenance.edit(event.seq, event.doc, event.changes, event.cause in ("undo", "redo"))
    if isinstance(event, Close):
        provenance.close()
    return None


def fed(writer: Writer) -> Provenance:
    provenance = Provenance(writer.encoding)
    for line in writer.lines:
        feed(provenance, line)
    return provenance


def at_span(lines: list[bytes], span: Span, encoding: PositionEncoding) -> str:
    """The text of a span."""
    value = parse(lines[span.seq])
    for token in span.pointer.split("/")[1:]:
        value = value[int(token)] if isinstance(value, list) else value[token]
    assert isinstance(value, str)
    start, end = index(value, span.start, encoding), index(value, span.start + span.length, encoding)
    return value[start:end]


def characters(provenance: Provenance, doc: int) -> list[tuple[int, int, str]]:
    lines = provenance.documents[doc].lines
    return [(number, at, it) for number, line in enumerate(lines) for at, it in enumerate(line)]


@given(chances, st.lists(changes, max_size=8), encodings)
def test_every_character_comes_last_from_the_line_that_inserted_it(
    chance: random.Random, edits: list[Change], encoding: PositionEncoding
) -> None:
    text = "".join(chance.choices(ALPHABET, k=chance.randrange(30)))
    provenance = Provenance(encoding)
    provenance.open(1, 1, text)
    model = [(it, (1, "/text", number)) for number, it in enumerate(text)]
    inserted = {(1, "/text"): text}
    for seq, first in enumerate(edits, 2):
        several = [first, *chance.sample(edits, chance.randrange(2))]
        provenance.edit(seq, 1, several)
        for number, (line, column, end_line, end_column, new) in enumerate(several):
            pointer = f"/changes/{number}/4"
            inserted[seq, pointer] = new
            start, end = sorted(
                model_offset(text, *place, encoding) for place in ((line, column), (end_line, end_column))
            )
            model[start:end] = [(it, (seq, pointer, at)) for at, it in enumerate(new)]
            text = "".join(it for it, _ in model)
    assert provenance.documents[1].text == text
    for (line, at, it), (_, (seq, pointer, offset)) in zip(characters(provenance, 1), model, strict=True):
        before = inserted[seq, pointer][:offset]
        span = Span(seq, pointer, units(before, encoding), units(it, encoding))
        latest = provenance.origins(1, line, at, at + 1)[-1]
        assert latest == span


@given(chances, encodings)
def test_every_origin_of_a_character_is_that_character(
    chance: random.Random, encoding: PositionEncoding
) -> None:
    writer = random_session(chance, encoding)
    provenance = fed(writer)
    assert {doc: it.text for doc, it in provenance.documents.items()} == texts(writer.lines)
    for doc in provenance.documents:
        for line, at, it in characters(provenance, doc):
            spans = provenance.origins(doc, line, at, at + 1)
            assert [at_span(writer.lines, span, encoding) for span in spans] == [it] * len(spans)
            assert spans == sorted(set(spans))


@given(chances, encodings)
def test_the_lines_outside_the_touched_ones_are_as_they_were(
    chance: random.Random, encoding: PositionEncoding
) -> None:
    writer = random_session(chance, encoding)
    provenance = Provenance(encoding)
    for line in writer.lines:
        before = {doc: list(it.lines) for doc, it in provenance.documents.items()}
        touched = feed(provenance, line)
        if touched is not None:
            doc = parse(line)["doc"]
            after = provenance.documents[doc].lines
            old = before.get(doc, [])
            behind = len(after) - 1 - touched.last
            assert 0 <= touched.first <= touched.last < len(after)
            if doc in before:
                assert after[: touched.first] == old[: touched.first]
                assert after[touched.last + 1 :] == old[len(old) - behind :]


@given(chances, encodings)
def test_what_is_marked_stays_masked_in_every_line_and_the_masked_lines_replay_to_the_masked_text(
    chance: random.Random, encoding: PositionEncoding
) -> None:
    writer = random_session(chance, encoding, steps=16)
    provenance = Provenance(encoding)
    spans: list[Span] = []
    for line in writer.lines:
        touched = feed(provenance, line)
        if touched is not None:
            spans += touched.inherited
            doc = parse(line)["doc"]
            number = chance.randint(touched.first, touched.last)
            length = len(provenance.documents[doc].lines[number])
            if chance.random() < 0.3 and length:
                start = chance.randrange(length)
                end = chance.randint(start, length) + 1
                spans += provenance.origins(doc, number, start, end)
                provenance.mark(doc, number, start, end)
    replayed = texts(mask(writer.lines, spans, encoding))
    assert {doc: provenance.masked_text(doc) for doc in provenance.documents} == replayed
    for doc, document in provenance.documents.items():
        shown = replayed[doc] != document.text
        assert provenance.has_marks(doc) or not shown


SECRET = "hunter22世😀!"


def planted(encoding: PositionEncoding = "utf-16") -> Writer:
    """A session in which a secret was typed letter by letter, with a mistake."""
    writer = Writer(encoding)
    writer.open(1, "é = 1\r\npassword = ''\r\nlast\r\n")
    place = writer.documents[1].text.index("''") + 1
    for letter in SECRET[:5] + "x":
        writer.replace(1, place, place, letter)
        place += 1
    writer.replace(1, place - 1, place, "")
    for letter in SECRET[5:]:
        writer.replace(1, place - 1, place - 1, letter)
        place += 1
    return writer


def undone(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    writer.replace(1, at, at + len(SECRET), "", cause="undo")
    writer.replace(1, at, at, SECRET, cause="redo")


def undone_in_pairs(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    for end in range(len(SECRET), 0, -1):
        writer.replace(1, at + end - 1, at + end, "", cause="undo")
    for start in range(0, len(SECRET), 2):
        writer.replace(1, at + start, at + start, SECRET[start : start + 2], cause="redo")


def undone_letter_by_letter(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    for _ in range(2):
        for end in range(len(SECRET), 0, -1):
            writer.replace(1, at + end - 1, at + end, "", cause="undo")
        for start in range(len(SECRET)):
            writer.replace(1, at + start, at + start, SECRET[start], cause="redo")
    for _ in SECRET:
        writer.replace(1, at, at + 1, "")
    for letter in reversed(SECRET):
        writer.replace(1, at, at, letter, cause="undo")


def cut_and_pasted(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    writer.open(2, "other\n")
    writer.replace(1, at - 3, at + len(SECRET) + 1, "")
    writer.replace(2, 3, 3, f"= '{SECRET}'")
    writer.replace(2, 0, 0, f"{SECRET}\n")


def moved_with_another_indentation(writer: Writer) -> None:
    text = writer.documents[1].text
    start, end = text.index("password"), text.index("last")
    line = text[start:end]
    writer.replace(1, start, len(text), "")
    writer.replace(1, 0, 0, f"if x:\r\n    {line}    last")


def formatted(writer: Writer) -> None:
    text = writer.documents[1].text
    writer.whole(
        1, text.replace("password = ", "    password=").replace("é = 1", "é = 2").replace("last", "")
    )


def formatted_as_one_range(writer: Writer) -> None:
    text = writer.documents[1].text
    writer.replace(1, 2, len(text) - 3, text[2:-3].replace(" = ", "  =  ").replace("'", '"'))


def reopened(writer: Writer) -> None:
    writer.close(1)
    writer.open(1, "# new\r\n" + writer.documents[1].text)


def backspaced_and_pasted(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    for end in range(len(SECRET), 0, -1):
        writer.replace(1, at + end - 1, at + end, "")
    writer.replace(1, 0, 0, SECRET)


def pasted_in_two_halves(writer: Writer) -> None:
    at = writer.documents[1].text.index(SECRET)
    writer.replace(1, at, at + len(SECRET), "")
    writer.replace(1, at, at, SECRET[6:])
    writer.replace(1, at, at, SECRET[:6])


MOVES = [
    undone,
    undone_in_pairs,
    undone_letter_by_letter,
    cut_and_pasted,
    moved_with_another_indentation,
    formatted,
    formatted_as_one_range,
    reopened,
    backspaced_and_pasted,
    pasted_in_two_halves,
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("move", MOVES)
def test_a_secret_found_before_it_moves_is_masked_where_it_goes(
    move: object, encoding: PositionEncoding
) -> None:
    writer = planted(encoding)
    typed = len(writer.lines)
    assert callable(move)
    move(writer)
    provenance = Provenance(encoding)
    spans: list[Span] = []
    for line in writer.lines[:typed]:
        feed(provenance, line)
    line_text = provenance.documents[1].lines[1]
    at = line_text.index(SECRET)
    spans += provenance.origins(1, 1, at, at + len(SECRET))
    provenance.mark(1, 1, at, at + len(SECRET))
    assert list(provenance.marked(1)) == [(1, at, at + len(SECRET))]
    for line in writer.lines[typed:]:
        touched = feed(provenance, line)
        spans += touched.inherited if touched else []
    replayed = texts(mask(writer.lines, spans, encoding))
    for doc, text in texts(writer.lines).items():
        assert provenance.masked_text(doc) == text.replace(SECRET, stars(SECRET, encoding)) == replayed[doc]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("move", MOVES)
def test_a_secret_found_after_it_moved_is_masked_in_every_line_that_brought_a_letter_of_it(
    move: object, encoding: PositionEncoding
) -> None:
    writer = planted(encoding)
    assert callable(move)
    move(writer)
    provenance = fed(writer)
    spans: list[Span] = []
    for doc, document in provenance.documents.items():
        for number, line in enumerate(document.lines):
            if SECRET in line:
                at = line.index(SECRET)
                spans += provenance.origins(doc, number, at, at + len(SECRET))
    masked = list(mask(writer.lines, spans, encoding))
    assert SECRET not in b"".join(masked).decode()
    typed = [parse(line)["changes"][0][4] for line in masked[2 : 3 + len(SECRET) + 1]]
    mistake = [it for it in typed if "*" not in it]
    assert mistake == ["x", ""]


def test_a_marked_word_is_known_again_in_a_large_file_in_which_every_line_was_formatted() -> None:
    text = "".join(f"name{it % 97} = call('{it}', first{it % 13})\n" for it in range(1000))
    text = text.replace("'500'", f"'{SECRET}'")
    provenance = Provenance("utf-16")
    provenance.open(1, 1, text)
    at = provenance.documents[1].lines[500].index(SECRET)
    provenance.mark(1, 500, at, at + len(SECRET))
    formatted = "import call\n" + text.replace("'", '"').replace("call(", "call( ")
    provenance.edit(2, 1, [(0, 0, -1, 0, formatted)])
    assert provenance.masked_text(1) == formatted.replace(SECRET, stars(SECRET, "utf-16"))


def test_a_rebased_document_is_touched_as_a_whole_and_a_reopened_one_where_it_differs() -> None:
    provenance = Provenance("utf-16")
    assert provenance.open(1, 1, "a\nb\nc\n") == Touched(0, 3, [])
    assert provenance.open(2, 1, "a\nx\nc\n") == Touched(1, 1, [])
    assert provenance.open(3, 1, "a\nx\nc\n", rebased=True) == Touched(0, 3, [])
    assert provenance.origins(1, 0, 0, 1) == [Span(seq, "/text", 0, 1) for seq in (1, 2, 3)]


def test_several_changes_of_an_edit_touch_what_lies_between_them_as_the_lines_now_stand() -> None:
    provenance = Provenance("utf-16")
    provenance.open(1, 1, "0\n1\n2\n3\n4\n")
    assert provenance.edit(2, 1, [(3, 0, 3, 0, "x"), (0, 0, 0, 0, "a\nb\n"), (6, 0, 7, 0, "")]) == Touched(
        0, 6, []
    )
    assert provenance.documents[1].text == "a\nb\n0\n1\n2\nx3\n"


def test_a_change_that_is_none_leaves_the_document_and_its_origins_as_they_were() -> None:
    provenance = Provenance("utf-16")
    provenance.open(1, 1, "ab\ncd")
    with pytest.raises(TypeError):
        provenance.edit(2, 1, [(0, 0, 1, 1, ["\n"])])  # type: ignore[list-item]
    with pytest.raises(KeyError):
        provenance.edit(2, 7, [(0, 0, 0, 0, "x")])
    assert provenance.origins(1, 1, 0, 2) == [Span(1, "/text", 3, 2)]


def test_positions_and_lines_are_those_of_the_editor() -> None:
    assert position("a\r\nb", 2, "utf-16") == (0, 1)
    assert split_lines("a\r\nb")[1] == "b"
