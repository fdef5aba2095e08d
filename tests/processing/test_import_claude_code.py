"""`pairlog import claude-code`: a transcript becomes a session that replays to the files that it left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.cli import main
from pairlog.line import decode
from pairlog.replay import Player, verify
from pairlog.source.files import FileSource
from processing.imports.claude_code.entries import read_entries
from processing.imports.claude_code.left_out import LeftOut
from processing.imports.claude_code.session import Transcript, session_lines
from processing.imports.imported import Imported
from tests.support.transcripts import SESSION, TranscriptBuilder

GOLDEN = Path(__file__).parents[1] / "golden" / "claude-code"
CART = "def total(items):\n    return sum(items)\n"

texts = st.lists(
    st.sampled_from(["a", "b", "\t", "    ", "total", "é", "😀", "\n", "\n", "\r\n", "\ud800"])
).map("".join)
paths = st.sampled_from(["cart.py", "lib/till.py", "ünder/shelf.py"])
steps = st.lists(st.tuples(paths, texts, texts, st.booleans()), max_size=12)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAIRLOG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def imported(transcript: TranscriptBuilder) -> Imported:
    left_out = LeftOut()
    entries = read_entries(transcript.data, None, left_out)
    return session_lines(Transcript(SESSION, entries, left_out), lambda _: ["w"], "private")


def events(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def files(lines: list[bytes]) -> dict[str, str]:
    player = Player()
    for line in lines:
        player.feed(decode(line))
    return {it.path: it.document.text for it in player.documents.values() if it.live}


def told(lines: list[bytes]) -> list[tuple[Any, ...]]:
    """Of each line what matters to a story."""
    fields = {
        "agent": ("phase", "id", "parent"),
        "open": ("path", "why", "text"),
        "edit": ("cause", "evidence", "ref"),
        "gap": ("detail", "count"),
    }
    return [
        (it["type"], *(it.get(name) for name in fields[it["type"]]))
        for it in events(lines)
        if it["type"] in fields
    ]


def golden(out: Path) -> list[bytes]:
    assert main(["import", "claude-code", str(GOLDEN), "--out", str(out)]) == 0
    with FileSource(out) as source:
        return list(source.lines(source.sessions()[0].session))


def test_a_transcript_is_told_from_the_prompt_to_the_edits_that_it_caused(tmp_path: Path) -> None:
    mended = CART.replace("sum(items)", "sum(item.price for item in items)")
    goods = mended.replace("total(items)", "total(goods)").replace("in items", "in goods")
    test = "def test_total():\n    assert total([]) == 0\n"
    lines = golden(tmp_path / "out")
    assert told(lines)[:-12] == [
        ("agent", "prompt", "u1", None),
        ("agent", "message", "a2", "u1"),
        ("agent", "tool_call", "toolu_read", "a2"),
        ("agent", "tool_result", "toolu_read", "a2"),
        ("agent", "tool_call", "toolu_edit", "toolu_read"),
        ("open", "cart.py", "opened", CART),
        ("edit", "agent", "reported", "toolu_edit"),
        ("agent", "tool_result", "toolu_edit", "toolu_read"),
        ("agent", "tool_call", "toolu_write", "toolu_edit"),
        ("open", "tests/test_cart.py", "opened", ""),
        ("edit", "agent", "reported", "toolu_write"),
        ("agent", "tool_result", "toolu_write", "toolu_edit"),
        ("agent", "tool_call", "toolu_bash", "toolu_write"),
        ("agent", "tool_result", "toolu_bash", "toolu_write"),
        ("agent", "prompt", "u6", "toolu_bash"),
        ("agent", "tool_call", "toolu_multi", "u6"),
        ("agent", "tool_call", "toolu_denied", "toolu_multi"),
        ("edit", "agent", "reported", "toolu_multi"),
        ("agent", "tool_result", "toolu_multi", "u6"),
        ("agent", "tool_result", "toolu_denied", "toolu_multi"),
        ("agent", "tool_call", "toolu_book", "toolu_denied"),
        ("open", "sales.ipynb", "opened", '{"cells": [1]}\n'),
        ("edit", "agent", "reported", "toolu_book"),
        ("agent", "tool_result", "toolu_book", "toolu_denied"),
        ("agent", "tool_call", "toolu_plan", "toolu_book"),
        ("agent", "tool_result", "toolu_plan", "toolu_book"),
        ("agent", "tool_call", "toolu_task", "toolu_plan"),
        ("agent", "prompt", "b1", "toolu_task"),
        ("agent", "tool_call", "toolu_shelves", "b1"),
        ("open", "shelves.txt", "opened", ""),
        ("edit", "agent", "reported", "toolu_shelves"),
        ("agent", "tool_result", "toolu_shelves", "b1"),
        ("agent", "message", "b4", "toolu_shelves"),
        ("agent", "tool_result", "toolu_task", "toolu_plan"),
        ("agent", "prompt", "u13", "toolu_task"),
        ("agent", "tool_call", "toolu_late", "u13"),
        ("gap", "change of a file between two calls", 1),
        ("open", "cart.py", "after_gap", f"# The cart.\n{goods}"),
        ("edit", "agent", "reported", "toolu_late"),
        ("agent", "tool_result", "toolu_late", "u13"),
        ("agent", "tool_call", "toolu_blind", "toolu_late"),
        ("gap", "edit whose text is not known", 1),
        ("agent", "tool_result", "toolu_blind", "toolu_late"),
        ("agent", "tool_call", "toolu_env", "toolu_blind"),
        ("agent", "tool_result", "toolu_env", "toolu_blind"),
        ("agent", "message", "a13", "toolu_env"),
    ]
    assert files(lines) == {
        "cart.py": f"# The cart.\n{goods}".replace("in goods)", "in goods) or 0"),
        "tests/test_cart.py": test,
        "sales.ipynb": '{"cells": [2]}\n',
        "shelves.txt": "left\nright\n",
    }
    assert verify(lines).verified


def test_a_prompt_has_its_time_its_conversation_and_who_was_asked(tmp_path: Path) -> None:
    lines = events(golden(tmp_path / "out"))
    assert lines[2] == {
        "seq": 2,
        "t": 3000,
        "type": "agent",
        "id": "a2",
        "phase": "message",
        "conversation": "5c0ffee0-0000-4000-8000-000000000001",
        "parent": "u1",
        "provider": "claude-code",
        "model": "claude-opus-4-5",
        "text": "I will look at the cart first.",
        "evidence": "reported",
    }
    of_agent = [it for it in lines if it.get("conversation", "").endswith("/a1b2c3")]
    assert [it["id"] for it in of_agent] == ["b1", "toolu_shelves", "toolu_shelves", "b4"]


def test_what_is_not_told_is_counted_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = golden(tmp_path / "out")
    counted = [
        ("block `image`", 1),
        ("block `thinking`", 1),
        ("call with a file that is never recorded", 1),
        ("edit of a file outside of the folder", 1),
        ("line `file-history-snapshot`", 1),
        ("line `hologram`", 1),
        ("line `permission-mode`", 1),
        ("line that was told before", 1),
        ("message that the program wrote", 1),
        ("summary of a conversation that was made shorter", 1),
        ("system line `compact_boundary`", 1),
        ("torn last line", 1),
    ]
    assert told(lines)[-12:] == [("gap", f"of a transcript: {what}", count) for what, count in counted]
    printed = capsys.readouterr().out
    lost = ["change of a file between two calls", "edit whose text is not known"]
    assert [it for it in [*lost, *dict(counted)] if f"1 x {it}" not in printed] == []


def test_a_denied_file_leaves_nothing_but_a_count(tmp_path: Path) -> None:
    assert [line for line in golden(tmp_path / "out") if b"KEY=" in line or b".env" in line] == []


def test_the_same_transcript_is_the_same_session(tmp_path: Path) -> None:
    assert golden(tmp_path / "one") == golden(tmp_path / "two")


def test_a_folder_becomes_a_session_for_each_transcript(tmp_path: Path) -> None:
    for number in range(2):
        transcript = TranscriptBuilder(at_ms=1_785_744_000_000 + number)
        transcript.prompt("Begin.")
        transcript.write(tmp_path / "project" / f"{number}.jsonl")
    (tmp_path / "project" / "2.jsonl").write_text('{"type": "summary", "summary": "A cart"}\n')
    assert main(["import", "claude-code", str(tmp_path / "project"), "--out", str(tmp_path / "out")]) == 0
    with FileSource(tmp_path / "out") as source:
        assert [row.events for row in source.sessions()] == [3, 3]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no line of it has a time"),
        (b"\xff\x00\x01", "no line of it has a time"),
        (b'[1]\n"x"\n{"type": 4}\n', "no line of it has a time"),
        (b"[" * 100_000, "no line of it has a time"),
    ],
)
def test_what_is_no_transcript_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, why: str
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(content)
    assert main(["import", "claude-code", str(file), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1


@given(steps)
def test_any_well_formed_transcript_replays_to_the_files_that_it_left(wanted: list[tuple[Any, ...]]) -> None:
    transcript = TranscriptBuilder()
    transcript.prompt("Begin.")
    left: dict[str, str] = {}
    calls = []
    for path, text, new, is_whole in wanted:
        transcript.at_ms += 100
        before = left.get(path)
        if is_whole or before is None or not before.strip():
            calls.append(transcript.writes(path, before, text))
            left[path] = text
        else:
            old = before[len(before) // 2 :][:5]
            calls.append(transcript.edits(path, before, old, new))
            left[path] = before.replace(old, new)
    lines = imported(transcript).lines
    assert files(lines) == {path: text.replace("\ud800", "\ufffd") for path, text in left.items()}
    assert verify(lines).verified is not False
    assert {it["ref"] for it in events(lines) if it["type"] == "edit"} <= set(calls)
    assert [it for it in events(lines) if it["type"] == "gap"] == []


def test_an_edit_that_its_patch_contradicts_is_a_gap_until_the_text_is_told_again() -> None:
    transcript = TranscriptBuilder()
    transcript.writes("cart.py", None, CART)
    wrong = [{"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": ["-import os", "+"]}]
    transcript.edits("cart.py", CART, "items", "goods", structuredPatch=wrong)
    transcript.edits("cart.py", "goods\n", "goods", "things")
    assert [it for it in told(imported(transcript).lines) if it[0] != "agent"] == [
        ("open", "cart.py", "opened", ""),
        ("edit", "agent", "reported", "call1"),
        ("gap", "edit whose text is not known", 1),
        ("open", "cart.py", "after_gap", "goods\n"),
        ("edit", "agent", "reported", "call3"),
    ]


def test_the_patch_tells_what_was_written_where_the_words_of_the_edit_do_not() -> None:
    transcript = TranscriptBuilder()
    before = "a = ‘x’\nb\n"
    patch = [{"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 1, "lines": ["-a = ‘x’", "+a = ‘y’"]}]
    transcript.edits("cart.py", before, "a = 'x'", "a = 'y'", structuredPatch=patch)
    assert files(imported(transcript).lines) == {"cart.py": "a = ‘y’\nb\n"}


def test_a_patch_may_show_tabs_as_blanks() -> None:
    transcript = TranscriptBuilder()
    patch = [
        {"oldStart": 1, "oldLines": 2, "newStart": 1, "newLines": 2, "lines": [" if a:", "-  b", "+  c"]}
    ]
    transcript.edits("cart.py", "if a:\n\tb\n", "b", "c", structuredPatch=patch)
    assert files(imported(transcript).lines) == {"cart.py": "if a:\n\tc\n"}


def test_a_text_that_was_read_as_a_whole_is_known() -> None:
    transcript = TranscriptBuilder()
    file = f"{transcript.folder}/cart.py"
    read = transcript.call("Read", file_path=file)
    whole = {"filePath": file, "content": CART, "startLine": 1, "numLines": 3, "totalLines": 3}
    transcript.result(read, {"type": "text", "file": whole})
    transcript.edits("cart.py", CART, "items", "goods", originalFile=None)
    assert files(imported(transcript).lines) == {"cart.py": CART.replace("items", "goods")}


def test_a_file_written_over_a_text_that_nobody_knows_is_opened_as_it_stands() -> None:
    transcript = TranscriptBuilder()
    call = transcript.call("Write", file_path=f"{transcript.folder}/cart.py", content=CART)
    told_of = {"type": "update", "filePath": f"{transcript.folder}/cart.py", "content": CART}
    transcript.result(call, {**told_of, "originalFile": None, "structuredPatch": []})
    assert [it for it in told(imported(transcript).lines) if it[0] != "agent"] == [
        ("gap", "edit whose text is not known", 1),
        ("open", "cart.py", "opened", CART),
    ]


def test_paths_of_windows_are_told_with_slashes() -> None:
    transcript = TranscriptBuilder(folder="C:\\shop")
    call = transcript.call("Write", file_path="C:\\shop\\lib\\till.py", content=CART)
    transcript.result(call, {"type": "create", "filePath": "", "content": CART, "originalFile": None})
    assert files(imported(transcript).lines) == {"lib/till.py": CART}


NAMES = st.sampled_from(["type", "content", "text", "id"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(["type", "content", "text", "id"]), some)
    ),
    max_leaves=8,
)
FIELDS = (
    "type",
    "uuid",
    "parentUuid",
    "cwd",
    "message",
    "toolUseResult",
    "timestamp",
    "sessionId",
    "version",
)


@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(FIELDS), JSON), max_size=6))
def test_whatever_stands_in_a_field_is_no_failure(spoilt: list[tuple[int, str, Any]]) -> None:
    transcript = TranscriptBuilder()
    transcript.prompt("Begin.")
    transcript.writes("cart.py", None, CART)
    transcript.edits("cart.py", CART, "items", "goods")
    for number, field, value in spoilt:
        line = transcript.lines[number % len(transcript.lines)]
        if field == "message":
            line["message"]["content"] = value
        else:
            line[field] = value
    left_out = LeftOut()
    entries = read_entries(transcript.data, None, left_out)
    if entries:
        lines = session_lines(Transcript(SESSION, entries, left_out), lambda _: ["w"], "private").lines
        assert verify(lines).verified is not False
