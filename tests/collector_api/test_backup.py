"""A backup is one moment of a store, and what was taken back since stays taken back when it is restored."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from collector_api.backup import backup
from collector_api.database.database import database_at
from collector_api.database.sqlite import SqliteDatabase
from collector_api.server.app import create_app
from collector_api.store import Store
from pairlog.cli import main
from pairlog.options import database_uri
from pairlog.source import open_source
from tests.collector_api.driver import SESSION, SMALL, Collector, line, problem, session_lines
from tests.collector_api.secret import SAVES, SECRET, SPANS, masked_lines, secret_lines
from tests.support.files import contents
from tests.support.postgres import Server

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"
LATER = "0193f5a0-1c00-7000-8000-0000000000cc"
CONTENT = b"a content that a session names"
DIGEST = sha256(CONTENT).hexdigest()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def opened(data: Path) -> AbstractContextManager[Collector]:
    return opened_at(database_uri(data))


@contextmanager
def opened_at(address: str) -> Iterator[Collector]:
    store = Store(database_at(address))
    with asyncio.Runner() as loop:
        yield Collector(address, store, create_app(store, SMALL), loop)
    store.close()


@pytest.fixture
def mine(data: Path, tmp_path: Path) -> str:
    """The token of a contributor with two sessions, of which there is a backup."""
    with opened(data) as collector:
        token = collector.token("grace hopper")
        collector.send(token, secret_lines())
        collector.send(token, session_lines(session=OTHER), OTHER)
        assert main(["backup", str(tmp_path / "copy"), "--data", str(data)]) == 0
    return token


def holds(folder: Path, secret: str) -> bool:
    """Whether any file of a data folder, or below it, holds these words."""
    return any(secret.encode() in data for data in contents(folder).values())


def restore(tmp_path: Path, data: Path) -> None:
    assert main(["restore", str(tmp_path / "copy"), "--data", str(data)]) == 0


def test_a_backup_is_made_while_the_store_is_served_and_restored_elsewhere(
    mine: str, data: Path, tmp_path: Path
) -> None:
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    restore(tmp_path, tmp_path / "new")
    with opened(tmp_path / "new") as collector:
        assert collector.lines(mine) == secret_lines()
        assert collector.row(mine, OTHER)["verified"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["pairlog.db", "pairlog.db.lock"]


def test_a_backup_ends_while_others_write(
    mine: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each page is a step, and somebody writes in between: a copy that begins anew then has no end.
    monkeypatch.setattr(backup, "_PAGES_AT_ONCE", 1)
    ended = threading.Event()
    with opened(data) as collector:

        def write() -> None:
            while not ended.is_set():
                collector.token("writer")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert main(["backup", str(tmp_path / "busy"), "--data", str(data)]) == 0
        finally:
            ended.set()
            writer.join()
    assert main(["restore", str(tmp_path / "busy"), "--data", str(tmp_path / "new")]) == 0
    with opened(tmp_path / "new") as collector:
        assert collector.lines(mine) == secret_lines()


def test_of_dated_backups_so_many_stay_and_no_part_of_one(mine: str, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "pairlog-2026-11-01T090000000000Z.db.part").write_bytes(b"of one that was killed")
    for _ in range(3):
        assert main(["backup", str(folder), "--keep", "2", "--data", str(data)]) == 0
    left = sorted(folder.iterdir())
    assert [file.suffix for file in left] == [".db", ".db"]


def test_what_was_taken_back_since_the_backup_stays_taken_back(
    mine: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(data) as collector:
        collector.redact(mine, spans=SPANS, saves=SAVES)
        collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
        collector.send(mine, session_lines(session=LATER), LATER)
        collector.ask(mine, "DELETE", f"/v1/sessions/{LATER}")
        stones = collector.ask(mine, "GET", "/v1/tombstones").json()
    capsys.readouterr()
    restore(tmp_path, data)
    assert "taken back again: 1 sessions, 1 redactions or minutes" in capsys.readouterr().out
    with opened(data) as collector:
        assert collector.lines(mine) == masked_lines()
        for session in (OTHER, LATER):
            assert problem(collector.ask(mine, "GET", f"/v1/sessions/{session}")) == (410, "erased")
        found = collector.ask(mine, "GET", "/v1/tombstones").json()["tombstones"]
        assert [row["session"] for row in found] == [row["session"] for row in stones["tombstones"]]
    (data / "pairlog.db.before-restore").unlink()
    assert not holds(data, SECRET)


def test_forgotten_minutes_and_an_erased_contributor_stay_gone(mine: str, data: Path, tmp_path: Path) -> None:
    with opened(data) as collector:
        collector.forget(mine, 2, 4)
        forgotten = collector.lines(mine)
    restore(tmp_path, data)
    with opened(data) as collector:
        assert collector.lines(mine) == forgotten
        collector.ask(mine, "DELETE", "/v1/contributors/me")
    (data / "pairlog.db.before-restore").unlink()
    restore(tmp_path, data)
    (data / "pairlog.db.before-restore").unlink()
    with opened(data) as collector:
        assert problem(collector.ask(mine, "GET", "/v1/sessions")) == (401, "token")
        assert collector.ask(collector.token("root", "admin"), "GET", "/v1/sessions").json()["sessions"] == []
    assert not holds(data, "grace hopper")


def test_a_lake_that_went_on_since_the_backup_is_found_again(mine: str, data: Path, tmp_path: Path) -> None:
    with opened(data) as collector:
        main(["lake", "export", "--data", str(data)])
        main(["backup", str(tmp_path / "copy"), "--data", str(data)])
        collector.put(mine, CONTENT)
        named = line(1, "open", doc=1, path="b.py", why="opened", source="disk", blob=DIGEST)
        collector.send(mine, [session_lines(session=LATER)[0], named, line(2, "end", reason="idle")], LATER)
        # The file that the backup knows is written anew, and a second one comes.
        collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
        main(["lake", "export", "--data", str(data)])
        expected = {session: collector.lines(mine, session) for session in (OTHER, LATER)}
    (data / "pairlog.db").unlink()
    restore(tmp_path, data)
    with opened(data) as collector:
        assert {session: collector.lines(mine, session) for session in (OTHER, LATER)} == expected
        read = collector.ask(mine, "GET", f"/v1/blobs/{DIGEST}", params={"session": LATER})
        assert read.content == CONTENT
        assert collector.ask(mine, "DELETE", f"/v1/sessions/{LATER}").status_code == 204
    with open_source(f"lake://{data / 'lake'}") as source:
        assert [row.session for row in source.sessions()] == [OTHER]


def test_a_session_that_went_to_the_lake_since_is_in_one_place(mine: str, data: Path, tmp_path: Path) -> None:
    with opened(data):
        main(["lake", "export", "--data", str(data)])
    (data / "pairlog.db").unlink()
    restore(tmp_path, data)
    assert list((data / "lake").rglob("*.parquet")) == []
    with opened(data) as collector:
        assert collector.lines(mine) == secret_lines()


def test_a_store_that_is_served_is_not_replaced(
    mine: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SqliteDatabase(data / "pairlog.db").claim(1):
        assert main(["restore", str(tmp_path / "copy"), "--data", str(data)]) == 1
    assert "already serves" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("backup", "copy"), "pg_dump"),
        (("restore", "copy"), "pg_dump"),
        (("lake", "export"), "name one with --to, or PAIRLOG_LAKE"),
    ],
)
def test_what_needs_a_data_folder_says_so_in_one_line(
    postgres: Server, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = postgres.store()
    assert main([*words, "--database-url", address]) == 1
    error = capsys.readouterr().err
    assert (error.count("\n"), message in error) == (1, True)
    postgres.drop(address)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1_000])
def test_what_is_no_backup_changes_nothing(
    mine: str, data: Path, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (data / "pairlog.db").read_bytes()
    (tmp_path / "copy").write_bytes(content)
    assert main(["restore", str(tmp_path / "copy"), "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert (data / "pairlog.db").read_bytes() == before
