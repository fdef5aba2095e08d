from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp_server.recording import recorder as module
from pairlog.document import sha256
from pairlog.events import Edit
from pairlog.line import LINE_BYTES_MAX, decode, encode, parse
from tests.lsp_server.client import did_change
from tests.lsp_server.recording import CART, Recorded

OPEN = {
    "type": "open",
    "doc": 1,
    "path": "cart.py",
    "why": "opened",
    "source": "editor",
    "language": "python",
    "version": 1,
    "text": "a = 1\n",
}
X = (0, 0, 0, 0, "x")
NOT_OPEN = "a change of a document that is not open"


def edit(*changes: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "edit", "doc": 1, "changes": [list(change) for change in changes], **fields}


def gap(reason: str, detail: str, count: int = 1, **fields: Any) -> dict[str, Any]:
    return {"type": "gap", "reason": reason, "count": count, "detail": detail, **fields}


def reopened(text: str, **fields: Any) -> dict[str, Any]:
    return {**OPEN, "text": text, **fields}


def test_open_edit_save_and_close_are_written_as_the_editor_said_them() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.at(1500).change(2, (0, 4, 0, 5, "2"), (0, 5, 0, 5, "3"))
    it.save("a = 23\n")
    it.did_close(CART)
    assert it.written == [
        OPEN,
        edit((0, 4, 0, 5, "2"), (0, 5, 0, 5, "3")),
        {"type": "save", "doc": 1, "sha256": sha256("a = 23\n"), "sha256_of": "text"},
        {"type": "close", "doc": 1},
    ]
    assert parse(it.disk.lines[2])["t"] == 1500
    assert it.verified


positions = st.integers(0, 5)
changes = st.lists(
    st.one_of(
        st.tuples(positions, positions, positions, positions, st.text()),
        st.tuples(st.just(0), st.just(0), st.just(-1), st.just(0), st.text()),
    ),
    max_size=3,
)


@given(changes, st.sampled_from([2, 7]), st.sampled_from([None, "typed", "undo"]))
def test_the_line_written_by_hand_is_the_one_that_the_event_class_gives(
    changes: list[Any], version: int, cause: Any
) -> None:
    it = Recorded()
    it.open("a = 1\n")
    if cause is not None:
        it.observe({"type": "cause", "uri": CART, "cause": cause, "ref": "ü1"})
    it.change(version, *changes)
    it.flush()
    found = decode(it.disk.lines[2])
    assert isinstance(found, Edit)
    expected = Edit(
        seq=2,
        t=0,
        doc=1,
        changes=changes,
        version=None if version == 2 else version,
        cause=cause or found.cause,
        evidence="reported" if cause else found.evidence,
        rule=None if cause else found.rule,
        ref="ü1" if cause else None,
    )
    assert found.evidence in ("reported" if cause else "inferred", found.cause)
    assert it.disk.lines[2] == encode(expected) + b"\n"


class TestTheTextOfAFileThatTheEditorClosed:
    def followed(self, it: Recorded) -> str | None:
        it.did_close(CART)
        doc = it.documents.on_disk.get("cart.py")
        return None if doc is None else doc.document.text

    def test_is_the_one_that_was_opened_where_nothing_was_saved(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.change(2, X)
        assert self.followed(it) == "a = 1\n"

    @pytest.mark.parametrize(
        ("said", "on_disk"), [("b = 2\n", None), (None, b"b = 2\n"), (None, b"\xef\xbb\xbfb = 2\n")]
    )
    def test_is_the_one_that_was_saved_last(self, said: str | None, on_disk: bytes | None) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.save(said, on_disk=on_disk)
        it.change(2, X)
        assert self.followed(it) == "b = 2\n"

    def test_is_known_although_a_change_could_not_be_read(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.did_change({"textDocument": {"uri": CART, "version": 2}, "contentChanges": [{"text": 1}]})
        assert self.followed(it) == "a = 1\n"
        assert it.documents.await_edit() is False

    def test_is_not_kept_beside_one_that_is_typed_where_it_is_long(self) -> None:
        it = Recorded()
        it.open("a" * (1024 * 1024 + 1))
        it.change(2, X)
        assert self.followed(it) is None

    def test_is_not_known_where_a_save_could_not_be_read(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.save(None, on_disk=None)
        it.change(2, X)
        assert self.followed(it) is None


def test_a_lone_surrogate_becomes_a_replacement_character_everywhere() -> None:
    it = Recorded()
    it.open("\ud800")
    it.change(2, (0, 1, 0, 1, "x\udfff"))
    it.save("\ud800x\udfff")
    assert [it.written[0]["text"], it.written[1]["changes"][0][4]] == ["\ufffd", "x\ufffd"]
    assert it.verified


def test_versions_are_written_only_where_they_are_out_of_order() -> None:
    it = Recorded()
    it.open("")
    for version in (2, 3, 9, 10, 10, 4, 5):
        it.change(version, X)
    assert [event.get("version") for event in it.written[1:]] == [None, None, 9, None, 10, 4, None]


def test_a_reopened_and_a_renamed_document_keeps_its_number() -> None:
    it = Recorded()
    it.open("a")
    it.did_close(CART)
    it.did_rename(CART, "file:///home/dev/shop/basket.py")
    it.open("b", "file:///home/dev/shop/other.py")
    it.open("a", "file:///home/dev/shop/basket.py")
    kinds = [(event["type"], event["doc"], event.get("path")) for event in it.written]
    assert kinds == [
        ("open", 1, "cart.py"),
        ("close", 1, None),
        ("rename", 1, "basket.py"),
        ("open", 2, "other.py"),
        ("open", 1, "basket.py"),
    ]


def test_a_file_renamed_over_another_one_gives_no_number_twice() -> None:
    it = Recorded()
    for name in ("a.py", "b.py"):
        it.open("", f"file:///home/dev/shop/{name}")
    it.did_close("file:///home/dev/shop/b.py")
    it.did_rename("file:///home/dev/shop/a.py", "file:///home/dev/shop/b.py")
    it.open("", "file:///home/dev/shop/c.py")
    assert [event["doc"] for event in it.written if event["type"] == "open"] == [1, 2, 3]


def test_a_renamed_folder_renames_what_lies_in_it() -> None:
    it = Recorded()
    it.open("", "file:///home/dev/shop/old/a.py")
    it.open("", "file:///home/dev/shop/older.py")
    it.did_rename("file:///home/dev/shop/old", "file:///home/dev/shop/new")
    assert it.written[2:] == [{"type": "rename", "doc": 1, "path": "new/a.py"}]


def test_a_change_of_a_document_never_opened_is_a_gap_and_counted() -> None:
    it = Recorded()
    for version in (1, 2, 3):
        it.change(version, X)
    it.end("shutdown")
    assert it.written == [
        gap("unsupported", NOT_OPEN),
        gap("unsupported", "further changes and saves of documents that are not open", 2),
        {"type": "end", "reason": "shutdown"},
    ]


def test_a_save_of_a_document_never_opened_is_a_gap_too() -> None:
    it = Recorded()
    it.save("x")
    it.save("x")
    it.end("shutdown")
    assert it.written == [
        gap("unsupported", "a save of a document that is not open"),
        gap("unsupported", "further changes and saves of documents that are not open", 1),
        {"type": "end", "reason": "shutdown"},
    ]


def test_documents_outside_the_folder_are_not_recorded_but_counted() -> None:
    it = Recorded()
    for uri in ("file:///home/dev/other/a.py", "untitled:Untitled-1", "file:///home/dev/shopping/a.py"):
        it.open("secret", uri)
        it.change(2, (0, 0, 0, 0, "secret"), uri=uri)
        it.save("secret", uri)
        it.did_close(uri)
    it.end("shutdown")
    detail = "documents that are no files of the workspace folder"
    assert it.written == [gap("not_emitted", detail, 3), {"type": "end", "reason": "shutdown"}]


def test_a_long_text_is_a_blob_and_the_same_one_when_it_is_opened_again() -> None:
    it, text = Recorded(), "line\n" * 20_000
    for _ in range(2):
        it.open(text)
        it.did_close(CART)
    it.open(text)
    it.save(text)
    assert it.disk.blobs == {sha256(text): text.encode()}
    assert [event["blob"] for event in it.written if event["type"] == "open"] == [sha256(text)] * 3
    assert it.verified


def test_a_change_too_long_for_a_line_is_a_gap_and_the_document_is_based_anew() -> None:
    it = Recorded()
    it.open("")
    it.change(2, (0, 0, 0, 0, "x" * LINE_BYTES_MAX))
    it.change(3, (0, 0, 0, 1, ""))
    it.save("x" * (LINE_BYTES_MAX - 1))
    assert it.written[1] == gap("not_emitted", f"a change of more than {LINE_BYTES_MAX} bytes", docs=[1])
    assert (it.written[2]["why"], it.written[2]["version"]) == ("after_gap", 2)
    assert it.verified


def test_a_document_too_long_is_a_gap_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DOCUMENT_CHARS_MAX", 10)
    it = Recorded()
    it.open("x" * 11, "file:///home/dev/shop/dump.sql")
    it.change(2, X, uri="file:///home/dev/shop/dump.sql")
    it.open("a = 1\n")
    assert it.written == [gap("not_emitted", "a document of more than 10 characters"), OPEN]


@pytest.mark.parametrize(
    "broken",
    [
        {"contentChanges": [{"range": {"start": {"line": "a"}}, "text": "x"}]},
        {"contentChanges": [{"text": None}]},
        {"contentChanges": 7},
        {},
    ],
)
def test_a_change_that_cannot_be_read_is_a_gap_until_the_whole_text_is_known_again(broken: Any) -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.did_change({"textDocument": {"uri": CART, "version": 2}, **broken})
    it.change(3, X)
    it.change(4, X)
    it.save("xxa = 1\n")
    it.change(5, X)
    it.save("xxxa = 1\n")
    assert it.written[1:4] == [
        gap("unsupported", "a didChange that could not be read", docs=[1]),
        gap("not_emitted", "changes of a text that was not known", 2, docs=[1]),
        reopened("xxa = 1\n", why="after_gap"),
    ]
    assert it.verified


def test_a_whole_document_change_ends_such_a_stretch_as_well() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.did_change({"textDocument": {"uri": CART, "version": 2}})
    it.change(3, (0, 0, -1, 0, "new"), (0, 0, 0, 0, "!"))
    it.save("!new")
    assert it.written[2]["text"] == "new"
    assert it.verified


def test_numbers_with_a_fraction_are_taken_where_they_are_whole() -> None:
    it = Recorded()
    it.open("a = 1\n")
    params = did_change(CART, 2, [(0, 4, 0, 5, "2")])
    params["contentChanges"][0]["range"]["start"] = {"line": 0.0, "character": 4.0}
    it.did_change(params)
    assert it.written[1] == edit((0, 4, 0, 5, "2"))


def test_another_spelling_of_an_address_is_the_same_document() -> None:
    it = Recorded()
    it.open("", "file:///home/dev/shop/a%20b.py")
    it.change(2, X, uri="file:///home/dev/shop/./a b.py")
    it.did_close("file:///home/dev/shop/a b.py")
    assert [event["type"] for event in it.written] == ["open", "edit", "close"]


def test_a_save_without_text_is_hashed_from_the_disk() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.save(None, on_disk=b"a = 1\n")
    it.save(None, on_disk=None)
    assert it.written[1:] == [
        {"type": "save", "doc": 1, "sha256": sha256("a = 1\n"), "sha256_of": "disk"},
        {"type": "save", "doc": 1},
    ]


@pytest.mark.parametrize("data", ["caf\u00e9\n".encode("latin-1"), "a\n".encode("utf-16-le"), b"\x7fELF\x00"])
def test_bytes_that_are_no_utf_8_are_no_hash_of_a_text(data: bytes) -> None:
    it = Recorded()
    it.open("caf\u00e9\n")
    for _ in range(2):
        it.save(None, on_disk=data)
    it.save("caf\u00e9\n")
    assert it.written[1:] == [
        {"type": "save", "doc": 1},
        gap("unsupported", "a file that is no UTF-8: its saves cannot be checked"),
        {"type": "save", "doc": 1},
        {"type": "save", "doc": 1, "sha256": sha256("caf\u00e9\n"), "sha256_of": "text"},
    ]
    assert it.verified


def test_a_binary_file_verifies_as_the_text_that_the_editor_showed() -> None:
    it = Recorded()
    shown = b"\x7fELF\xff\xfe\x00".decode("utf-8", "replace")
    it.open(shown)
    it.change(2, X)
    it.save("x" + shown)
    assert it.verified


def test_a_save_without_text_of_a_text_that_is_not_known_has_no_hash() -> None:
    it = Recorded()
    it.open("a = 1\n")
    it.did_change({"textDocument": {"uri": CART, "version": 2}})
    it.save(None, on_disk=b"b = 2\n")
    it.save("b = 2\n")
    assert it.written[2] == {"type": "save", "doc": 1}
    assert it.verified


def test_keys_in_a_line_of_100_000_characters_are_recorded_as_any_others() -> None:
    it = Recorded()
    it.open("x" * 100_000)
    for key in range(100):
        it.change(key + 2, (0, 50_000 + key, 0, 50_000 + key, "\u00e9"))
    it.flush()
    assert max(len(line) for line in it.disk.lines[2:]) < 120
    it.save("x" * 50_000 + "\u00e9" * 100 + "x" * 50_000)
    assert it.verified


class TestFullDisk:
    def test_what_was_lost_is_a_gap_and_every_document_is_based_anew(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.open("b", "file:///home/dev/shop/closed.py")
        it.flush()
        it.disk.room = 1
        for version in (2, 3, 4):
            it.change(version, X)
        it.flush()
        it.did_close("file:///home/dev/shop/closed.py")
        it.open("c", "file:///home/dev/shop/fresh.py")
        it.flush()
        assert it.is_full and not it.recover()
        it.disk.room = float("inf")
        assert it.recover() and not it.is_full
        it.change(5, X)
        it.save("xxxxa = 1\n")
        assert it.written[2:] == [
            edit(X),
            gap("not_emitted", "nothing could be written", 4, docs=[1, 2, 3]),
            {"type": "close", "doc": 2},
            reopened("xxxa = 1\n", why="after_gap", version=4),
            reopened("c", why="after_gap", doc=3, path="fresh.py"),
            edit(X),
            {"type": "save", "doc": 1, "sha256": sha256("xxxxa = 1\n"), "sha256_of": "text"},
        ]
        assert it.verified

    def test_lines_already_taken_stay_and_their_seqs_are_not_given_again(self) -> None:
        it = Recorded()
        it.open("")
        it.flush()
        for room in (0, 1, 2, 3, 1, 0):
            it.disk.room = room
            it.change(2, X)
            it.change(3, X)
            it.flush()
            it.recover()
        it.disk.room = float("inf")
        it.recover()
        it.save(it.documents.by_uri[CART].document.text)
        assert it.verified

    def test_a_blob_that_cannot_be_kept_is_such_a_stretch(self) -> None:
        it = Recorded()
        it.disk.room_for_blobs = False
        it.open("line\n" * 1_000_000)
        it.change(2, X)
        it.flush()
        it.disk.room_for_blobs = True
        it.recover()
        it.save("x" + "line\n" * 1_000_000)
        assert [event["type"] for event in it.written] == ["gap", "open", "save"]
        assert it.verified

    def test_a_text_without_room_for_its_blob_goes_into_its_line(self) -> None:
        it = Recorded()
        it.disk.room_for_blobs = False
        it.open("line\n" * 20_000)
        it.change(2, X)
        it.save("x" + "line\n" * 20_000)
        assert [event["type"] for event in it.written] == ["open", "edit", "save"]
        assert it.verified

    def test_a_run_saw_no_save_that_was_lost(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.flush()
        it.disk.room = 0
        it.save("a = 1\n")
        it.flush()
        it.disk.room = float("inf")
        it.recover()
        it.observe({"type": "run", "id": "r1", "phase": "started"})
        assert "saw" not in it.written[-1]
