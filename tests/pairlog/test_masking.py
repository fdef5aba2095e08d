"""Masking: the session replays as before, and nothing but the masked characters is another."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.document import sha256
from pairlog.events import PositionEncoding, Run
from pairlog.line import parse
from pairlog.masking import Span, mask, mask_text, rehash, resaved, stars
from pairlog.position import units
from pairlog.replay import verify
from tests.pairlog.sessions import ALPHABET, Writer, random_session, texts

ENCODINGS: tuple[PositionEncoding, ...] = ("utf-8", "utf-16", "utf-32")
encodings = st.sampled_from(ENCODINGS)
chances = st.integers(0, 2**32).map(random.Random)
pointers = st.sampled_from(["/text", "/changes/0/4", "/changes/1/4", "/changes/0/0", "/nothing", "", "text"])
spans = st.lists(st.builds(Span, st.integers(0, 14), pointers, st.integers(-1, 12), st.integers(-1, 12)))
ranges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)))


def model(text: str, places: list[tuple[int, int]], encoding: PositionEncoding) -> str:
    """Each character on its own: masked where one of its units lies in a range."""
    masked = []
    at = 0
    for character in text:
        size = units(character, encoding)
        hit = any(start < at + size and at < start + length for start, length in places if length > 0)
        masked.append("*" * size if hit and character not in "\r\n" else character)
        at += size
    return "".join(masked)


def saved_again(before: list[bytes], after: list[bytes]) -> list[bytes]:
    saves = dict(rehash(before, after))
    return [resaved(line, saves[seq]) if seq in saves else line for seq, line in enumerate(after)]


@given(st.text(st.sampled_from(ALPHABET), max_size=30), ranges, encodings)
def test_every_character_that_a_range_touches_is_masked_and_no_other(
    text: str, places: list[tuple[int, int]], encoding: PositionEncoding
) -> None:
    assert mask_text(text, places, encoding) == model(text, places, encoding)


@given(chances, spans, encodings)
def test_nothing_but_the_strings_of_the_spans_changes_and_they_keep_their_shape(
    chance: random.Random, places: list[Span], encoding: PositionEncoding
) -> None:
    lines = random_session(chance, encoding).lines
    for line, masked in zip(lines, mask(lines, places, encoding), strict=True):
        expected = parse(line)
        here = [span for span in places if span.seq == expected["seq"]]

        def ranges_of(pointer: str, here: list[Span] = here) -> list[tuple[int, int]]:
            return [(span.start, span.length) for span in here if span.pointer == pointer]

        if "text" in expected:
            expected["text"] = model(expected["text"], ranges_of("/text"), encoding)
        for number, change in enumerate(expected.get("changes", ())):
            change[4] = model(change[4], ranges_of(f"/changes/{number}/4"), encoding)
        assert parse(masked) == expected
        assert masked == line or parse(line) != expected


@given(chances, spans, spans, encodings)
def test_masks_are_idempotent_and_compose_in_any_order(
    chance: random.Random, one: list[Span], other: list[Span], encoding: PositionEncoding
) -> None:
    lines = random_session(chance, encoding).lines
    both = list(mask(lines, one + other, encoding))
    assert list(mask(mask(lines, one, encoding), other, encoding)) == both
    assert list(mask(mask(lines, other, encoding), one, encoding)) == both
    assert list(mask(both, one + other, encoding)) == both


@given(chances, spans, encodings)
def test_a_masked_session_replays_with_every_line_and_length_where_it_was_and_verifies(
    chance: random.Random, places: list[Span], encoding: PositionEncoding
) -> None:
    writer = random_session(chance, encoding)
    for doc in writer.documents:
        writer.save(doc)
    lines = writer.lines
    masked = list(mask(lines, places, encoding))
    after = saved_again(lines, masked)
    assert verify(lines).verified is True
    assert verify(after) == verify(lines)
    assert rehash(after, after) == []
    raw = texts(lines)
    for doc, text in texts(after).items():
        assert [units(line, encoding) for line in text.split("\n")] == [
            units(line, encoding) for line in raw[doc].split("\n")
        ]


@given(chances, encodings)
def test_a_document_masked_in_every_line_is_the_raw_one_in_stars(
    chance: random.Random, encoding: PositionEncoding
) -> None:
    lines = random_session(chance, encoding).lines
    places = [
        Span(seq, pointer, 0, 10**6)
        for seq in range(len(lines))
        for pointer in ("/text", "/changes/0/4", "/changes/1/4")
    ]
    masked = texts(mask(lines, places, encoding))
    assert masked == {doc: stars(text, encoding) for doc, text in texts(lines).items()}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_string_anywhere_in_a_line_is_reached_and_the_fields_of_a_later_version_stay(
    encoding: PositionEncoding,
) -> None:
    line = '{"seq":3,"t":1,"type":"run","a/b":{"~":["x","secret é"]},"n":1.50,"z":null}'.encode()
    masked = mask([line], [Span(3, "/a~1b/~0/1", 0, 6)], encoding)
    assert list(masked) == [
        '{"seq":3,"t":1,"type":"run","a/b":{"~":["x","****** é"]},"n":1.5,"z":null}'.encode()
    ]


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "/",
        "x",
        "/no",
        "/list",
        "/list/-",
        "/list/01",
        "/list/2",
        "/list/0/0",
        "/n",
        "/text/0",
        "/list/9" * 9,
    ],
)
def test_a_pointer_that_leads_to_no_string_changes_nothing(pointer: str) -> None:
    line = b'{ "seq":3,"t":1,"type":"run","list":[1,"a"],"n":1,"text":"b" }'
    assert list(mask([line], [Span(3, pointer, 0, 9)], "utf-16")) == [line]


def test_a_lone_surrogate_of_an_odd_client_is_masked_like_the_character_it_becomes() -> None:
    line = b'{"seq":3,"t":1,"type":"run","command":"\\ud83dab","id":"\\ude00"}'
    masked = mask([line], [Span(3, "/command", 0, 2)], "utf-16")
    assert list(masked) == ['{"seq":3,"t":1,"type":"run","command":"**b","id":"\ufffd"}'.encode()]


def test_a_save_of_a_masked_text_says_so_and_one_that_never_fitted_is_a_mismatch() -> None:
    writer = Writer()
    writer.open(1, "key=\n")
    writer.save(1)
    writer.replace(1, 4, 4, "hunter22")
    good = writer.save(1)
    writer.documents[1].apply([(0, 0, 0, 1, "")])
    bad = writer.save(1)
    writer.add(Run, id="1", phase="started", command="hunter22")
    masked = list(mask(writer.lines, [Span(3, "/changes/0/4", 0, 8)], "utf-16"))
    assert rehash(writer.lines, masked) == [(good, sha256("key=********\n")), (bad, None)]
    after = saved_again(writer.lines, masked)
    assert json.loads(after[good]) == {
        **json.loads(writer.lines[good]),
        "sha256": hashlib.sha256(b"key=********\n").hexdigest(),
        "sha256_of": "masked",
    }
    assert json.loads(after[bad]) == {**json.loads(writer.lines[bad]), "sha256_of": "mismatch"}
