"""Forgetting: what was typed is readable nowhere afterwards, and the session verifies as before."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.blobs import File, read_manifest, write_manifest
from pairlog.document import sha256
from pairlog.events import (
    Agent,
    Clock,
    Completion,
    Edit,
    End,
    Event,
    Forget,
    Gap,
    Open,
    Pause,
    PositionEncoding,
    Rename,
    Resume,
    Run,
    Save,
    Select,
    Vcs,
    Workspace,
)
from pairlog.events import Test as OneTest
from pairlog.forgetting import Forgotten, forget, window
from pairlog.line import decode, parse
from pairlog.masking import mask_text
from pairlog.moment import milliseconds
from pairlog.replay import Player, verify
from tests.pairlog.sessions import Writer, texts

ENCODINGS: tuple[PositionEncoding, ...] = ("utf-8", "utf-16", "utf-32")
encodings = st.sampled_from(ENCODINGS)
chances = st.integers(0, 2**32).map(random.Random)

#: Only the forgotten lines bring letters of these words.
WORDS = ("HUNTER22", "ÉCLAIR世", "QWERTY")
#: Chooses a place in a text.
Place: TypeAlias = Callable[[random.Random, str], int]
PLAIN = "ab \n\té世😀"


def no_blob(sha256: str) -> bytes:
    raise AssertionError(f"no line names {sha256}")


def plain(chance: random.Random, size: int) -> str:
    return "".join(chance.choices(PLAIN, k=chance.randrange(1, size)))


def between_words(chance: random.Random, text: str) -> int:
    """A place that is in no word."""
    at = chance.randint(0, len(text))
    while at and text[at - 1 : at + 1].isalnum() and (text[at - 1 : at + 1]).isupper():
        at -= 1
    return at


def step_inside(chance: random.Random, writer: Writer) -> None:
    """A word is typed, pasted, or brought by a whole-document change; or something goes."""
    doc = chance.choice(list(writer.documents))
    text = writer.documents[doc].text
    at = between_words(chance, text)
    word = chance.choice(WORDS)
    kind = chance.choice("ttpwds")
    if kind == "t":
        for number, letter in enumerate(word):
            writer.replace(doc, at + number, at + number, letter)
    elif kind == "p":
        writer.replace(doc, at, at, f"{word}\n")
    elif kind == "w":
        writer.whole(doc, text[:at] + word + text[at:])
    elif kind == "d":
        writer.replace(doc, at, min(len(text), at + 3), "")
    else:
        writer.save(doc)


def anywhere(chance: random.Random, text: str) -> int:
    return chance.randint(0, len(text))


def step_outside(chance: random.Random, writer: Writer, place: Place) -> None:
    """Something is edited, moved, formatted, undone, reopened, saved, or told."""
    doc = chance.choice(list(writer.documents))
    text = writer.documents[doc].text
    start, end = sorted((place(chance, text), place(chance, text)))
    kind = chance.choice("iidvuwosorx")
    if kind == "i":
        writer.replace(doc, start, start, plain(chance, 8))
    elif kind == "d":
        writer.replace(doc, start, end, "")
    elif kind == "v":
        writer.replace(doc, start, end, "")
        rest = writer.documents[doc].text
        at = place(chance, rest)
        writer.replace(doc, at, at, text[start:end])
    elif kind == "u":
        writer.replace(doc, start, end, "", cause="undo")
        writer.replace(doc, start, start, text[start:end], cause="redo")
    elif kind == "w":
        writer.whole(doc, text.replace("\n", "\n  ") + "b", cause="format")
    elif kind == "o":
        writer.close(doc)
        writer.open(doc, plain(chance, 5) + text)
    elif kind == "r":
        writer.add(Rename, doc=doc, path=f"{chance.randrange(9)}.py")
    elif kind == "x":
        writer.add(Run, id="r", phase="output", output=f"saw {text}")
    else:
        writer.save(doc)


def session(
    chance: random.Random,
    encoding: PositionEncoding,
    rebased: bool,
    ended: bool = True,
    place: Place = between_words,
) -> tuple[Writer, int, int]:
    """A session, and the window in it that is to be forgotten."""
    writer = Writer(encoding)
    writer.open(1, plain(chance, 20))
    if chance.random() < 0.5:
        writer.open(2, plain(chance, 20))
    for _ in range(chance.randrange(4)):
        step_outside(chance, writer, place)
    first = writer.seq
    if 2 not in writer.documents and chance.random() < 0.5:
        writer.open(2, "QWERTY\n")
    for _ in range(chance.randrange(1, 4)):
        step_inside(chance, writer)
    last = writer.last
    if last < first:
        writer.save(1)
        last = first
    if rebased:
        for doc, document in writer.documents.items():
            writer.open(doc, document.text, "after_forget")
    for _ in range(chance.randrange(8)):
        step_outside(chance, writer, place)
    if ended:
        for doc in writer.documents:
            writer.save(doc)
        writer.add(End, reason="shutdown")
    return writer, first, last


def forgotten(writer: Writer, first: int, last: int, needs_rebase: bool) -> Forgotten:
    return forget(writer.lines, first, last, no_blob, needs_rebase)


@given(chances, encodings, st.booleans(), st.sampled_from([between_words, anywhere]))
def test_a_session_that_verified_still_does_and_no_forgotten_word_is_in_any_byte_or_text(
    chance: random.Random, encoding: PositionEncoding, needs_rebase: bool, place: Place
) -> None:
    writer, first, last = session(chance, encoding, rebased=not needs_rebase, place=place)
    assert verify(writer.lines).verified is True
    after = forgotten(writer, first, last, needs_rebase)
    verdict = verify(after.lines)
    assert verdict.reason is None
    saves = [line for line in after.lines if parse(line)["type"] == "save"]
    assert verdict.verified is (True if saves else None)
    assert after.blobs == {}
    written = b"\n".join(after.lines).decode()
    assert [word for word in WORDS if word in written] == []
    player = Player()
    for line in after.lines:
        player.feed(decode(line))
        shown = "".join(replayed.document.text for replayed in player.documents.values())
        assert [word for word in WORDS if word in shown] == []


@given(chances, encodings, st.booleans())
def test_every_line_before_stays_and_behind_only_forgotten_letters_are_masked(
    chance: random.Random, encoding: PositionEncoding, needs_rebase: bool
) -> None:
    writer, first, last = session(chance, encoding, rebased=not needs_rebase)
    after = forgotten(writer, first, last, needs_rebase).lines
    assert after[:first] == writer.lines[:first]
    taken = decode(after[first])
    assert isinstance(taken, Forget)
    assert taken.seq == first
    assert taken.through >= last - len(writer.documents)
    openings = [line for line in map(decode, after[first + 1 :]) if is_rebase(line)] if needs_rebase else []
    seqs = [event.seq for event in openings]
    assert seqs == list(range(taken.through + 1, taken.through + 1 + len(seqs)))
    for line in after[first + 1 + len(seqs) :]:
        body, raw = parse(line), parse(writer.lines[parse(line)["seq"]])
        if body["type"] == "save":
            continue
        if line != writer.lines[body["seq"]]:
            assert any(letter.isupper() or letter in "世2" for letter in json.dumps(raw, ensure_ascii=False))
        assert unmasked(body, encoding) == unmasked(raw, encoding)


def is_rebase(event: Event) -> bool:
    return isinstance(event, Open) and event.why == "after_forget"


def unmasked(body: object, encoding: PositionEncoding) -> str:
    """A line without what may be masked in it."""
    text = json.dumps(body, ensure_ascii=False)
    return "".join(letter for letter in text if not (letter.isupper() or letter in "*世2"))


@given(chances, encodings, st.booleans())
def test_forgetting_again_changes_nothing(
    chance: random.Random, encoding: PositionEncoding, needs_rebase: bool
) -> None:
    writer, first, last = session(chance, encoding, rebased=not needs_rebase)
    after = forgotten(writer, first, last, needs_rebase).lines
    assert forget(after, first, last, no_blob, needs_rebase) == Forgotten(after, {}, {})
    taken = parse(after[first])["through"]
    assert forget(after, first, taken, no_blob, needs_rebase) == Forgotten(after, {}, {})


@given(chances, encodings, st.sampled_from([between_words, anywhere]))
def test_what_still_stands_is_told_in_units_of_the_whole_text(
    chance: random.Random, encoding: PositionEncoding, place: Place
) -> None:
    writer, first, last = session(chance, encoding, rebased=True, ended=False, place=place)
    after = forgotten(writer, first, last, needs_rebase=False)
    raw = texts(writer.lines)
    masked = {doc: mask_text(text, after.standing.get(doc, []), encoding) for doc, text in raw.items()}
    assert masked == texts(after.lines)


@given(chances, encodings)
def test_a_second_window_can_be_forgotten_behind_or_around_the_first(
    chance: random.Random, encoding: PositionEncoding
) -> None:
    writer, first, last = session(chance, encoding, rebased=False)
    once = forgotten(writer, first, last, needs_rebase=True).lines
    begin = chance.randint(1, writer.last)
    end = chance.randint(begin, writer.last)
    twice = forget(once, begin, end, no_blob, needs_rebase=True).lines
    assert verify(twice).reason is None
    written = b"\n".join(twice).decode()
    assert [word for word in WORDS if word in written] == []


@given(chances)
def test_lines_that_do_not_fit_are_gone_around(chance: random.Random) -> None:
    writer, first, last = session(chance, "utf-16", rebased=False)
    for _ in range(4):
        place = chance.randrange(1, len(writer.lines))
        odd = chance.choice(ODD)
        writer.lines[place] = odd.replace(b"SEQ", str(place).encode())
    before = verify(writer.lines)
    after = verify(forgotten(writer, first, last, needs_rebase=True).lines)
    if before.first_bad_seq is None or before.first_bad_seq < first:
        assert (after.reason, after.first_bad_seq) == (before.reason, before.first_bad_seq)


ODD = (
    b'{"seq":SEQ,"t":1,"type":"edit","doc":1,"changes":[[0,0,0,0,"a"],[0,0]]}',
    b'{"seq":SEQ,"t":1,"type":"edit","doc":7,"changes":[[0,0,0,0,"nowhere"]]}',
    b'{"seq":SEQ,"t":1,"type":"edit","doc":1,"changes":[7,"a"]}',
    b'{"seq":SEQ,"t":1,"type":"save","doc":1,"sha256":"0"}',
    b'{"seq":SEQ,"t":1,"type":"gap","reason":"delivery_lost"}',
    b'{"seq":SEQ,"t":1,"type":"gap","reason":"refused","docs":[1]}',
    b'{"seq":SEQ,"t":1,"type":"pause"}',
    b'{"seq":SEQ,"t":1,"type":"telepathy","of":[{"a/b":"\\ud800"}]}',
    b'{"seq":SEQ,"t":1,"type":"open","doc":2,"path":"2.py","why":"opened","source":"editor"}',
    b'{"seq":SEQ,"t":1,"type":"rename","doc":9,"path":"9.py"}',
    b'{"seq":SEQ,"t":1,"type":"close","doc":2}',
)


def test_after_a_pause_or_a_gap_what_is_opened_again_is_known_by_what_stood_there() -> None:
    writer = Writer()
    writer.open(1, "one\n")
    writer.replace(1, 0, 0, "QWERTY\n")
    writer.add(Pause)
    writer.add(Resume)
    writer.open(1, "two\nQWERTY\none\n", "resumed")
    writer.add(Gap, reason="delivery_lost", count=3)
    writer.open(1, "QWERTY\nthree\n", "after_gap")
    writer.save(1)
    after = forgotten(writer, 2, 2, needs_rebase=True)
    assert [parse(line).get("text") for line in after.lines[3:]] == [
        None,
        None,
        "two\n******\none\n",
        None,
        "******\nthree\n",
        None,
    ]
    assert verify(after.lines).verified is True


def test_lines_that_bring_no_forgotten_letter_stay_byte_for_byte() -> None:
    writer = Writer()
    writer.open(1, "one\n")
    writer.replace(1, 0, 0, "HUNTER22 ")
    writer.open(1, "HUNTER22 one\n", "after_forget")
    for letter in "more":
        writer.replace(1, 12, 12, letter)
    writer.add(Select, doc=1, selections=[(0, 0, 0, 3)])
    writer.open(2, "HUNTER is another word, and 22 a number\n")
    writer.add(Agent, id="a", phase="message", text="one more", paths=["HUNTER22.py"])
    after = forgotten(writer, 2, 2, needs_rebase=False).lines
    assert after[4:] == writer.lines[4:]
    assert [parse(line)["type"] for line in after[:4]] == ["session", "open", "forget", "open"]
    assert parse(after[3])["text"] == "*********one\n"


def test_a_forgotten_word_is_masked_in_what_programs_and_people_say_later_but_in_no_path() -> None:
    writer = Writer()
    writer.open(1, "common = ''\n")
    for letter in "HUNTER22":
        writer.replace(1, 10, 10, letter)
    writer.replace(1, 0, 0, "common words\n")
    writer.add(Agent, id="a", phase="prompt", text="why does frobnicate fail?")
    last = writer.last
    writer.open(1, writer.documents[1].text, "after_forget")
    reverse = "22RETNUH"
    writer.add(Run, id="r", phase="output", output=f"common {reverse}é: x{reverse}x")
    writer.add(Run, id="r", phase="started", command="frobnicate --words")
    writer.add(Completion, id="c", phase="shown", text=f"key = '{reverse}'")
    writer.add(OneTest, run="r", test=f"test_{reverse}", outcome="failed", path=f"{reverse}.py")
    writer.add(Vcs, action="commit", message="common", branch=reverse.lower(), paths=[reverse])
    writer.replace(1, 0, 0, f"copied = '{reverse}'")
    after = forgotten(writer, 2, last, needs_rebase=False).lines
    told = [
        {
            key: value
            for key, value in parse(line).items()
            if key in ("output", "command", "text", "test", "path", "message", "branch", "changes", "paths")
        }
        for line in after[4:]
    ]
    assert told == [
        {"output": "common ********é: x********x"},
        {"command": "********** --*****"},
        {"text": "key = '********'"},
        {"test": "test_********", "path": f"{reverse}.py"},
        {"message": "common", "branch": reverse.lower(), "paths": [reverse]},
        {"changes": [[0, 0, 0, 0, "copied = '********'"]]},
    ]


def test_later_blobs_are_masked_and_take_the_place_of_the_old_ones() -> None:
    writer = Writer()
    writer.open(1, "é\n")
    writer.replace(1, 2, 2, "HUNTER22\n")
    text = "é\nHUNTER22\nmore\n"
    old, new = text.encode(), "é\n********\nmore\n".encode()
    digest = hashlib.sha256(old).hexdigest()
    writer.documents[1].apply([(0, 0, -1, 0, text)])
    writer.add(Open, doc=1, path="1.py", why="after_forget", source="disk", blob=digest)
    writer.save(1)
    blobs = {digest: old}
    assert verify(writer.lines, blobs.__getitem__).verified is True
    after = forget(writer.lines, 2, 2, blobs.__getitem__, needs_rebase=False)
    assert after.blobs == {digest: new}
    assert after.standing == {1: [(2, 9)]}
    assert parse(after.lines[3])["blob"] == hashlib.sha256(new).hexdigest()
    assert verify(after.lines, {parse(after.lines[3])["blob"]: new}.__getitem__).verified is True
    assert parse(after.lines[4])["sha256_of"] == "masked"


def test_a_later_snapshot_names_masked_files_and_an_earlier_one_stays() -> None:
    blobs: dict[str, bytes] = {}

    def put(data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return digest

    def snapshot(writer: Writer, **files: bytes) -> int:
        manifest = write_manifest(File(f"{name}.py", "100644", put(data)) for name, data in files.items())
        return writer.add(Workspace, manifest=put(manifest), files=len(files))

    writer = Writer()
    writer.open(1, "one\n")
    snapshot(writer, one=b"one\n", binary=b"\xff", kept=b"QWERTY before")
    writer.replace(1, 0, 0, "QWERTY AB ")
    writer.open(1, "QWERTY AB one\n", "after_forget")
    writer.add(Rename, doc=1, path="one.py")
    seq = snapshot(writer, one=b"QWERTY AB one\nAB\n", binary=b"\xff", kept=b"QWERTY before", copy=b"QWERTY")
    after = forget(writer.lines, 3, 3, blobs.__getitem__, needs_rebase=False)
    assert after.lines[:3] == writer.lines[:3]
    assert sorted(after.blobs.values())[:2] == [b"******", b"**********one\nAB\n"]
    blobs |= {hashlib.sha256(data).hexdigest(): data for data in after.blobs.values()}
    files = {
        file.path: blobs[file.blob] for file in read_manifest(blobs[parse(after.lines[seq])["manifest"]])
    }
    assert files == {
        "one.py": b"**********one\nAB\n",
        "binary.py": b"\xff",
        "kept.py": b"QWERTY before",
        "copy.py": b"******",
    }


def test_documents_that_later_lines_rely_on_are_opened_anew_in_the_seqs_of_the_window() -> None:
    writer = Writer()
    writer.open(1, "one")
    writer.open(2, "two")
    writer.replace(1, 3, 3, "QWERTY")
    writer.replace(1, 0, 0, "A")
    writer.replace(1, 0, 0, "B")
    writer.replace(1, 0, 0, "c")
    writer.save(1)
    after = forgotten(writer, 3, 5, needs_rebase=True)
    assert [decode(line) for line in after.lines[3:]] == [
        Forget(seq=3, t=3000, through=4),
        Open(
            seq=5,
            t=5000,
            doc=1,
            path="1.py",
            why="after_forget",
            source="editor",
            version=3,
            text="**one******",
        ),
        Edit(seq=6, t=6000, doc=1, changes=[[0, 0, 0, 0, "c"]]),
        Save(seq=7, t=7000, doc=1, sha256=sha256("c**one******"), sha256_of="masked"),
    ]
    assert after.standing == {1: [(1, 2), (6, 6)]}


def test_a_window_without_room_for_the_openings_grows_over_the_lines_behind_it() -> None:
    writer = Writer()
    writer.open(1, "one")
    writer.open(2, "two")
    writer.replace(1, 3, 3, "QWERTY")
    writer.replace(1, 0, 0, "x")
    writer.replace(2, 0, 0, "y")
    writer.save(1)
    writer.replace(2, 0, 0, "z")
    writer.save(2)
    after = forgotten(writer, 3, 3, needs_rebase=True)
    opened = [(e.seq, e.doc, e.text) for e in map(decode, after.lines[4:]) if isinstance(e, Open)]
    assert decode(after.lines[3]) == Forget(seq=3, t=3000, through=3)
    assert opened == [(4, 1, "xone******"), (5, 2, "ytwo")]
    assert verify(after.lines).verified is True
    assert verify(after.lines).saves == 2


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (5, 4), (5, 5), (9, 12)], ids=["the header", "no line", "the end", "beyond"]
)
def test_the_header_the_end_and_what_is_no_line_are_never_forgotten(first: int, last: int) -> None:
    writer = Writer()
    writer.open(1, "one")
    writer.replace(1, 0, 0, "x")
    writer.save(1)
    writer.close(1)
    writer.add(End, reason="shutdown")
    assert forgotten(writer, first, last, needs_rebase=True) == Forgotten(writer.lines, {}, {})
    everything = forgotten(writer, 0, 99, needs_rebase=True)
    assert [parse(line)["type"] for line in everything.lines] == ["session", "forget", "end"]
    assert parse(everything.lines[1])["through"] == 4


def test_a_window_is_told_by_the_wall_clock_as_it_jumped() -> None:
    writer = Writer()
    began = milliseconds("2026-01-02T03:04:05.000Z")
    writer.open(1, "one")
    writer.save(1)
    writer.add(Clock, utc="2026-01-02T09:00:00.000Z")
    writer.save(1)
    writer.add(End, reason="shutdown")
    later = milliseconds("2026-01-02T09:00:00.000Z")
    assert window(writer.lines, began, began + 10**9) == (1, 4)
    assert window(writer.lines, began + 2000, began + 2999) == (2, 2)
    assert window(writer.lines, later, later + 500) == (3, 3)
    assert window(writer.lines, later + 1000, later + 9000) == (4, 4)
    assert window(writer.lines, 0, began) is None


def test_at_level_metadata_there_is_nothing_to_mask_and_nothing_to_open_anew() -> None:
    writer = Writer()
    writer.lines[0] = writer.lines[0].replace(b'"content"', b'"metadata"')
    writer.open(1, "12345,1")
    writer.add(Edit, doc=1, changes=[(0, 0, 0, 0, "77777,1")])
    writer.add(Edit, doc=1, changes=[(0, 0, 0, 0, "1,1")])
    writer.add(Edit, doc=1, changes=[(0, 0, 0, 0, "77777,1")])
    after = forgotten(writer, 2, 3, needs_rebase=True)
    assert verify(after.lines) == verify(writer.lines)
    assert [parse(line)["type"] for line in after.lines[2:]] == ["forget", "edit"]
    assert (after.lines[-1], after.blobs, after.standing) == (writer.lines[-1], {}, {})
