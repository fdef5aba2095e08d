"""`pairlog import editing-trace`: a recorded trace becomes a session that replays to its end."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.cli import _parse, main
from pairlog.document import sha256
from pairlog.export import frames
from pairlog.ids import is_session
from pairlog.line import decode
from pairlog.replay import Player, verify
from processing.imports.editing_trace import session_lines
from processing.imports.imported import Imported
from processing.imports.line_lengths import LineLengths
from processing.imports.trace import read_trace
from processing.imports.trace_file import document_path
from tests import corpus
from tests.test_docs import ROOT, commands

Write = Callable[[Any], str]

HELLO = {
    "startContent": "a\r\n😀b",
    "endContent": "hi\n😀",
    "txns": [
        {"time": "1970-01-01T00:00:00.000Z", "patches": [[4, 1, ""]]},
        {"time": "2020-09-10T06:23:15+02:00", "patches": [[0, 1, "h"], [1, 0, "i"]]},
        {"time": "2020-09-10T04:23:17.250Z", "patches": []},
        {"time": "2020-09-10T04:23:16Z", "patches": [[2, 1, ""]]},
    ],
}
SESSION = "01747640-d738-7cb1-a2d7-c0a01f5dbd12"
HEADER = {
    "seq": 0,
    "t": 0,
    "type": "session",
    "wire": 1,
    "session": SESSION,
    "started_at": "2020-09-10T04:23:15.000Z",
    "editor": {"name": "editing-trace"},
    "recorder": {"name": "pairlog import", "version": "1"},
    "position_encoding": "utf-32",
    "clock": "client",
    "workspace": "",
    "consent": "content",
    "use": "private",
    "policy": "import",
}

texts = st.text(st.sampled_from("ab \r\n\té\u2028\x0c世😀\ud800"), max_size=12)
#: `(position, deleted, inserted)` for a text of any length; the first two count from its start, and around.
patches = st.tuples(st.integers(0, 60), st.integers(0, 8), texts)
transactions = st.lists(st.lists(patches, max_size=4), max_size=8)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a trace, or any other content, to a file; gives its path."""

    def write(content: Any) -> str:
        file = tmp_path / "hello.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(file)

    return write


def imported(trace: Any) -> Imported:
    return session_lines(read_trace(json.dumps(trace).encode()), "a.txt", None, "private")


def replayed(lines: list[bytes]) -> str:
    player = Player()
    for line in lines:
        player.feed(decode(line))
    return player.documents[1].document.text


def changed(**members: Any) -> dict[str, Any]:
    return {**HELLO, **members}


def with_patch(*patch: Any) -> dict[str, Any]:
    return changed(txns=[*HELLO["txns"][:1], {"time": "2020-09-10T04:23:15Z", "patches": [list(patch)]}])  # type: ignore[index]


def test_a_trace_is_a_session_from_its_header_to_its_end() -> None:
    header, *events = [json.loads(line) for line in imported(HELLO).lines]
    assert {**header, "workspace": ""} == HEADER
    assert is_session(header["session"])
    assert events == [
        {"seq": 1, "t": 0, "type": "open", "doc": 1, "path": "a.txt", "why": "opened", "source": "editor"}
        | {"text": "a\r\n😀b"},
        {"seq": 2, "t": 0, "type": "edit", "doc": 1, "changes": [[1, 1, 1, 2, ""]]},
        {"seq": 3, "t": 0, "type": "edit", "doc": 1, "changes": [[0, 0, 0, 1, "h"], [0, 1, 0, 1, "i"]]},
        {"seq": 4, "t": 2250, "type": "edit", "doc": 1, "changes": [[0, 2, 1, 0, "\n"]]},
        {"seq": 5, "t": 2250, "type": "save", "doc": 1, "sha256": sha256("hi\n😀"), "sha256_of": "text"},
        {"seq": 6, "t": 2250, "type": "end", "reason": "shutdown"},
    ]


def test_a_trace_without_any_known_time_begins_in_1970() -> None:
    lines = imported({"startContent": "x", "endContent": "x", "txns": []}).lines
    header, *events = [decode(line) for line in lines]
    assert header.started_at == "1970-01-01T00:00:00.000Z"  # type: ignore[attr-defined]
    assert [event.t for event in events] == [0, 0, 0]


@given(texts, transactions)
def test_any_trace_replays_to_its_end_and_verifies(start: str, wanted: list[list[Any]]) -> None:
    text, txns = start, []
    for made in wanted:
        fitted = []
        for position, deleted, inserted in made:
            at = position % (len(text) + 1)
            count = min(deleted, len(text) - at)
            fitted.append([at, count, inserted])
            text = text[:at] + inserted + text[at + count :]
        txns.append({"time": "2020-09-10T04:23:15Z", "patches": fitted})

    lines = imported({"startContent": start, "endContent": text, "txns": txns}).lines

    assert replayed(lines) == text.replace("\ud800", "\ufffd")
    assert verify(lines).verified


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=1500),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 1500), st.integers(1, 1500)), max_size=5),
)
def test_an_offset_lies_where_the_sums_of_all_lines_say(
    lengths: list[int], changes: list[tuple[int, int, int]]
) -> None:
    known = LineLengths(lengths)
    for place, count, fresh in changes:
        first = place % len(lengths)
        end = min(first + count, len(lengths))
        lengths[first:end] = [2] * fresh
        known.replace(first, end, [2] * fresh)
    assert known.total == sum(lengths)
    starts = [sum(lengths[:line]) for line in range(0, len(lengths), 97)]
    for line, start in zip(range(0, len(lengths), 97), starts, strict=True):
        if lengths[line]:
            assert known.find(start) == (line, 0)
    assert known.find(known.total) == (len(lengths) - 1, lengths[-1])


@pytest.mark.corpus
@pytest.mark.skipif(not corpus.present(), reason=f"the corpus is not in {corpus.FOLDER}")
@pytest.mark.parametrize(("name", "edits"), [("rustcode", 36_981), ("sveltecomponent", 18_335)])
def test_a_recorded_trace_is_imported_verified_and_replayed_byte_for_byte(
    name: str, edits: int, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file, out = corpus.FOLDER / f"{name}.json.gz", tmp_path / "out"
    assert main(["import", "editing-trace", str(file), "--out", str(out), "--json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert {**told, "session": ""} == {"session": "", "lines": edits + 4, "edits": edits, "sent": 0}
    assert main(["verify", "all", "--from", str(out), "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == [
        {"session": told["session"], "saves": 1, "verified": True, "first_bad_seq": None}
    ]
    assert main(["replay", told["session"], "--at", "end", "--file", name, "--from", str(out)]) == 0
    assert (
        capfdbinary.readouterr().out == json.loads(gzip.decompress(file.read_bytes()))["endContent"].encode()
    )


def test_a_folder_holds_what_an_export_holds(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["--path", "src/a.rs", "--language", "rust", "--use", "public"]
    assert main(["import", "editing-trace", write(HELLO), "--out", str(out), *words]) == 0
    made = session_lines(read_trace(json.dumps(HELLO).encode()), "src/a.rs", "rust", "public")
    assert capsys.readouterr().out == f"{made.session}: 7 lines, 3 of them edits, in {out}\n"
    assert sorted(path.name for path in out.iterdir()) == ["blobs", "session.json", "session.ndjson.gz"]
    assert (out / "session.ndjson.gz").read_bytes() == b"".join(frames(made.lines))
    assert json.loads((out / "session.json").read_text()) == {
        "session": made.session,
        "project": None,
        "contributor": None,
        "editor": "editing-trace",
        "started_at": "2020-09-10T04:23:15.000Z",
        "ended_at": "2020-09-10T04:23:17.250Z",
        "events": 7,
        "last_seq": 6,
        "complete": True,
        "verified": True,
        "use": "public",
        "consent": "content",
        "revision": 0,
        "languages": ["rust"],
        "has_tests": False,
        "has_completions": False,
        "study": None,
        "condition": None,
    }


def test_the_document_is_named_by_its_file() -> None:
    names = ["rustcode.json.gz", "a.b.json", "main.rs.gz", "plain", ".json"]
    assert [document_path(Path("x") / name) for name in names] == [
        "rustcode",
        "a.b",
        "main.rs",
        "plain",
        ".json",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hello", "is no editing trace: not JSON (Expecting value"),
        ("[" * 100_000, "is no editing trace: not JSON"),
        ("[]", "the file is [], not an object"),
        ({"endContent": "", "txns": []}, "the file has no `startContent`"),
        (changed(endContent=None), "endContent is null, not a text"),
        (changed(txns={}), "txns is {}, not an array"),
        (changed(txns=[7]), "txns[0] is 7, not an object"),
        (changed(txns=[{"patches": []}]), "txns[0] has no `time`"),
        (changed(txns=[{"time": 3, "patches": []}]), "txns[0].time is 3, not a time of ISO 8601"),
        (changed(txns=[{"time": "noon", "patches": []}]), 'txns[0].time is "noon", not a time'),
        (changed(txns=[{"time": "0001-01-01T00:00:00+09:00", "patches": []}]), "txns[0].time is"),
        (changed(txns=[{"time": "2020-09-10T04:23:15Z"}]), "txns[0] has no `patches`"),
        (with_patch(float("nan"), 0, ""), 'txns[1].patches[0] is [NaN, 0, ""], not [position, deleted'),
        (with_patch(True, 0, ""), 'txns[1].patches[0] is [true, 0, ""], not'),
        (with_patch(0, 0.0, ""), 'txns[1].patches[0] is [0, 0.0, ""], not'),
        (with_patch(0, 0), "txns[1].patches[0] is [0, 0], not"),
        (with_patch(0, 0, "x" * 100, 1), "xxx..., not"),
        (with_patch(0, 5, ""), "txns[1].patches[0] deletes 5 characters at 0 of a text of 4"),
        (with_patch(-1, 1, ""), "txns[1].patches[0] deletes 1 characters at -1 of a text of 4"),
        (with_patch(5, -1, ""), "txns[1].patches[0] deletes -1 characters at 5 of a text of 4"),
        (
            changed(endContent="hi!"),
            "its patches do not give its endContent: they differ from character 2 on",
        ),
        (changed(endContent="hi\n😀b"), "they differ from character 4 on"),
    ],
)
def test_what_is_no_trace_is_refused_in_one_line(
    content: Any, said: str, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "editing-trace", write(content), "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), (tmp_path / "out").exists()) == ("", 1, False)
    assert said in err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot read"),
        (gzip.compress(b"{}" * 100, mtime=0)[:-9], "is damaged: Compressed file ended"),
        (b"\x1f\x8bnothing", "is damaged"),
        (b"\xff\xfe\xfd", "is no editing trace: not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    data: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json.gz"
    if data is not None:
        file.write_bytes(data)
    assert main(["import", "editing-trace", str(file), "--out", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err
    assert (err.count("\n"), said in err) == (1, True)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a.rs", "a\nb"])
def test_a_path_stays_inside_the_workspace(
    path: str, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--path", path, "--out", str(tmp_path / "out")]
    assert main(["import", "editing-trace", write(HELLO), *words]) == 1
    assert "is no path inside a workspace" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(HELLO)
    assert main(["import", "editing-trace", file, "--out", file]) == 1
    assert capsys.readouterr().err == f"pairlog: cannot write to {file}: Not a directory\n"


def test_the_commands_of_the_page_are_understood() -> None:
    page = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    assert all(callable(_parse(words).run) for words in commands(page))
