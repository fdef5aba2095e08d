"""Sources on disk: what an export holds, and what is said of one that is damaged."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pairlog.errors import UserError
from pairlog.export import export_folder, frames
from pairlog.source import SessionInfo, find_session, open_source
from tests.pairlog.test_wire import GOLDEN, blob, golden

FULL = "0193f5a0-1c00-7000-8000-000000000002"
MINIMAL = SessionInfo(
    session="0193f5a0-1c00-7000-8000-000000000001",
    project=None,
    contributor=None,
    editor="Neovim 0.7.2",
    started_at="2026-11-01T09:00:00.000Z",
    ended_at="2026-11-01T09:00:01.301Z",
    events=6,
    last_seq=5,
    complete=True,
    verified=True,
    use="private",
    consent="content",
    revision=0,
)


def test_a_plain_file_is_a_source_of_one_session() -> None:
    with open_source(str(GOLDEN / "minimal.ndjson")) as source:
        assert source.sessions() == [MINIMAL]
        assert list(source.lines(MINIMAL.session)) == golden("minimal")


def test_an_export_is_a_source_with_the_same_lines_and_blobs(tmp_path: Path) -> None:
    with open_source(str(GOLDEN / "minimal.ndjson")) as source:
        assert export_folder(source, MINIMAL, tmp_path / "one") == 6
    with open_source(str(tmp_path / "one")) as source:
        assert source.sessions() == [MINIMAL]
        assert list(source.lines(MINIMAL.session)) == golden("minimal")
    assert json.loads((tmp_path / "one" / "session.json").read_text()) == asdict(MINIMAL)


def test_a_folder_of_exports_is_a_source_of_all_of_them(tmp_path: Path) -> None:
    for name in ("minimal", "unicode"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "session.ndjson.gz").write_bytes(b"".join(frames(golden(name))))
    with open_source(str(tmp_path)) as source:
        assert [row.session[-1] for row in source.sessions()] == ["1", "3"]


def test_a_blob_comes_from_beside_the_session() -> None:
    with open_source(str(GOLDEN / "full.ndjson")) as source:
        digest = "859cb6b0c69f0e06bb5ae054c70fb7148c1955b918465157dbc4882c71830125"
        assert source.blob(FULL, digest) == blob(digest)
        with pytest.raises(UserError, match=r"the blob 0000.* is not in"):
            source.blob(FULL, "0" * 64)


@pytest.mark.parametrize("name", ["../../session.ndjson", "/etc/hostname", "", "0" * 63, "A" * 64])
def test_a_name_that_is_no_hash_never_becomes_a_path(name: str) -> None:
    with open_source(str(GOLDEN / "full.ndjson")) as source, pytest.raises(UserError, match="is no SHA-256"):
        source.blob(FULL, name)


def test_a_blob_that_was_changed_is_not_taken_for_the_one_that_was_recorded(tmp_path: Path) -> None:
    digest = "859cb6b0c69f0e06bb5ae054c70fb7148c1955b918465157dbc4882c71830125"
    (tmp_path / "session.ndjson").write_bytes((GOLDEN / "full.ndjson").read_bytes())
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / digest).write_bytes(blob(digest) + b"# tampered")
    with open_source(str(tmp_path)) as source:
        assert [row.verified for row in source.sessions()] == [False]
        with pytest.raises(UserError, match="was changed since it was recorded"):
            source.blob(FULL, digest)


def test_an_export_does_not_bury_another_one(tmp_path: Path) -> None:
    with open_source(str(GOLDEN / "minimal.ndjson")) as source:
        export_folder(source, MINIMAL, tmp_path)
        assert export_folder(source, MINIMAL, tmp_path) == 6
    other = replace(MINIMAL, session="0193f5a0-1c00-7000-8000-000000000003")
    with (
        open_source(str(GOLDEN / "unicode.ndjson")) as source,
        pytest.raises(UserError, match="holds 0193f5a0"),
    ):
        export_folder(source, other, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b'{"seq":1,"t":1,"type":"open","doc":1,"path":5,"why":"opened","source":"editor"}',
        b'{"seq":1,"t":1,"type":"open","doc":1,"path":"a","why":"opened","source":"editor","blob":5}',
        b'{"seq":1,"t":1,"type":"end","reason":["shutdown"]}',
    ],
)
def test_a_mistyped_field_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "session.ndjson").write_bytes(golden("minimal")[0] + b"\n" + line + b"\n")
    with open_source(str(tmp_path)) as source, pytest.raises(UserError, match="is mistyped"):
        source.sessions()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("session.ndjson", b"", "is no session"),
        ("session.ndjson", b"hello\n", "is no session: not JSON"),
        ("session.ndjson", golden("minimal")[1] + b"\n", "its first line is no header"),
        ("session.ndjson.gz", b"\x1f\x8bnothing", "is no session: not gzip"),
        ("other.txt", b"", "no session in"),
    ],
)
def test_what_is_no_session_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=reason):
        open_source(str(tmp_path))


def test_a_torn_export_is_not_read_as_if_it_were_whole(tmp_path: Path) -> None:
    (tmp_path / "session.ndjson.gz").write_bytes(b"".join(frames(golden("minimal")))[:-9])
    with open_source(str(GOLDEN / "torn.ndjson")) as source, pytest.raises(UserError, match="is damaged"):
        source.sessions()


def test_a_session_is_found_by_the_beginning_of_its_id() -> None:
    with open_source(str(GOLDEN / "minimal.ndjson")) as source:
        assert find_session(source, MINIMAL.session[:8]) == MINIMAL
        with pytest.raises(UserError, match="no session 'ffff' here"):
            find_session(source, "ffff")


def test_an_address_that_nobody_reads_is_refused() -> None:
    with pytest.raises(UserError, match="no source reads gopher://"):
        open_source("gopher://hole")


def test_a_collector_that_does_not_answer_is_named() -> None:
    with open_source("http://127.0.0.1:9") as source, pytest.raises(UserError, match="is `pairlog serve` up"):
        source.sessions()
