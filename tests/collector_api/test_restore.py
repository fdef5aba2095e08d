"""A restore is whole or not at all, and permits no more than the store before it, damaged or not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from tests.collector_api.driver import SESSION, Collector, line, problem, session_lines
from tests.collector_api.secret import SAVES, SECRET, SPANS, masked_lines, secret_lines
from tests.collector_api.test_backup import OTHER, holds, opened, opened_at
from tests.support.postgres import Server

THIRD = SESSION.replace("aa", "cc")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(*words: str | Path) -> int:
    return main([str(word) for word in words])


def back_up(data: Path) -> None:
    assert run("backup", data.parent / "copy", "--data", data) == 0


def restore(data: Path) -> int:
    return run("restore", data.parent / "copy", "--data", data)


def listed(collector: Collector, token: str) -> list[tuple[str, str]]:
    rows = collector.ask(token, "GET", "/v1/sessions").json()["sessions"]
    return sorted((row["session"], row["contributor"]) for row in rows)


def changed(collector: Collector, token: str, cursor: int) -> list[dict[str, Any]]:
    """The sessions that changed behind a cursor."""
    answer = collector.ask(token, "GET", "/v1/sessions", params={"changed_after": cursor}).json()
    rows: list[dict[str, Any]] = answer["sessions"]
    return rows


def test_nobody_is_erased_by_the_number_of_somebody_else(data: Path) -> None:
    with opened(data) as collector:
        collector.token("ann")
        back_up(data)
        bob = collector.token("bob")
        collector.send(bob, session_lines(session=OTHER), OTHER)
        assert collector.ask(bob, "DELETE", "/v1/contributors/me").status_code == 204
        collector.send(collector.token("eve"), session_lines(), SESSION)
    assert run("lake", "export", "--data", data) == 0
    assert restore(data) == 0
    with opened(data) as collector:
        root = collector.token("root", "admin")
        assert listed(collector, root) == [(SESSION, "eve")]
        assert collector.lines(root) == session_lines()
        assert problem(collector.ask(root, "GET", f"/v1/sessions/{OTHER}")) == (410, "erased")


def test_somebody_with_the_name_of_one_who_was_erased_keeps_what_is_theirs(data: Path) -> None:
    with opened(data) as collector:
        first = collector.token("ann")
        collector.send(first, secret_lines())
        back_up(data)
        collector.ask(first, "DELETE", "/v1/contributors/me")
        collector.send(collector.token("ann"), session_lines(session=OTHER), OTHER)
    assert run("lake", "export", "--data", data) == 0
    assert restore(data) == 0
    with opened(data) as collector:
        root = collector.token("root", "admin")
        assert listed(collector, root) == [(OTHER, "ann")]
        assert problem(collector.ask(first, "GET", "/v1/sessions")) == (401, "token")
    (data / "pairlog.db.before-restore").unlink()
    assert not holds(data, SECRET)


def test_cursors_go_on_behind_a_restore(data: Path) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        back_up(data)
        for session in (OTHER, THIRD):
            collector.send(mine, session_lines(session=session), session)
        collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
        (stone,) = collector.ask(mine, "GET", "/v1/tombstones").json()["tombstones"]
        with collector.store.reading() as connection:
            cursor = connection.exec_driver_sql("SELECT max(changed) FROM session").scalar_one()
    assert restore(data) == 0
    with opened(data) as collector:
        assert collector.ask(mine, "GET", "/v1/tombstones").json()["tombstones"] == [stone]
        collector.forget(mine, 3, 4)
        (row,) = changed(collector, mine, cursor)
        assert (row["session"], row["revision"]) == (SESSION, 1)
        behind = collector.ask(mine, "GET", "/v1/tombstones", params={"after": stone["id"]}).json()
        (fresh,) = behind["tombstones"]
        assert (fresh["session"], fresh["from"], fresh["through"]) == (SESSION, 3, 4)


def _zeros(file: Path) -> None:
    file.write_bytes(b"")


def _garbage(file: Path) -> None:
    file.write_bytes(b"no database at all" * 1_000)


@pytest.mark.parametrize("damage", [_zeros, _garbage, Path.unlink])
def test_a_store_that_is_damaged_or_lost_is_replaced_and_it_is_said(
    data: Path, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, secret_lines())
        back_up(data)
        with collector.store.reading() as connection:
            cursor = connection.exec_driver_sql("SELECT max(changed) FROM session").scalar_one()
    file = data / "pairlog.db"
    damage(file)
    damaged = file.read_bytes() if file.exists() else None
    assert restore(data) == 0
    assert "what was erased or taken back since the backup cannot be repeated" in capsys.readouterr().out
    old = data / "pairlog.db.before-restore"
    assert (old.read_bytes() if old.exists() else None) == damaged
    with opened(data) as collector:
        assert collector.lines(mine) == secret_lines()
        collector.send(mine, session_lines(session=OTHER), OTHER)
        (row,) = changed(collector, mine, cursor + 9)
        assert row["session"] == OTHER


def test_a_store_with_a_damaged_table_tells_the_rest(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        for session in (SESSION, OTHER):
            collector.send(mine, session_lines(session=session), session)
        back_up(data)
        collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    with closing(sqlite3.connect(data / "pairlog.db")) as connection:
        connection.execute("DROP TABLE member")
        connection.commit()
    assert restore(data) == 0
    said = capsys.readouterr().out
    assert "taken back again: 1 sessions" in said
    assert "studies (no such table: member)" in said


def test_a_lake_that_cannot_be_read_holds_no_erasure_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        assert run("lake", "export", "--data", data) == 0
        collector.send(mine, session_lines(session=OTHER), OTHER)
        back_up(data)
        collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    (data / "lake" / "lines" / "day=2026-11-01" / "ffff.parquet").write_bytes(b"")
    assert restore(data) == 0
    assert "ffff.parquet: not a lake file of Pairlog" in capsys.readouterr().out
    with opened(data) as collector:
        assert listed(collector, mine) == [(SESSION, "mine")]
        assert collector.lines(mine) == session_lines()


def test_a_restore_that_cannot_take_back_again_changes_nothing(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, secret_lines())
        assert run("lake", "export", "--data", data) == 0
        back_up(data)
        (file,) = (data / "lake" / "lines").rglob("*.parquet")
        whole = file.read_bytes()
        collector.redact(mine, spans=SPANS, saves=SAVES)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    assert restore(data) == 1
    error = capsys.readouterr().err
    assert (error.count("\n"), f"something of session {SESSION}" in error) == (1, True)
    assert sorted(path.name for path in data.glob("pairlog.db*")) == ["pairlog.db", "pairlog.db.lock"]
    with opened(data) as collector:
        assert collector.lines(mine) == masked_lines()
    file.write_bytes(whole)
    assert restore(data) == 0
    with opened(data) as collector:
        assert collector.lines(mine) == masked_lines()
    (data / "pairlog.db.before-restore").unlink()
    assert not holds(data, SECRET)


def test_a_restore_that_was_interrupted_goes_on(data: Path) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        back_up(data)
    # What it leaves behind where it is killed just before the end.
    (data / "pairlog.db.before-restore").hardlink_to(data / "pairlog.db")
    (data / "pairlog.db.part").write_bytes(b"half")
    assert restore(data) == 0
    with opened(data) as collector:
        assert collector.lines(mine) == session_lines()


def test_a_store_and_its_lake_may_move(data: Path, tmp_path: Path) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        assert run("lake", "export", "--data", data) == 0
        back_up(data)
    moved = tmp_path / "moved"
    data.rename(moved)
    with opened(moved) as collector:
        assert collector.lines(mine) == session_lines()
    other = tmp_path / "other"
    other.mkdir()
    shutil.move(moved / "lake", other / "lake")
    assert run("restore", tmp_path / "copy", "--data", other) == 0
    with opened(other) as collector:
        assert collector.lines(mine) == session_lines()


def test_a_lake_of_an_older_backup_is_read_where_it_is_now(data: Path, tmp_path: Path) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        assert run("lake", "export", "--data", data) == 0
        back_up(data)
    with closing(sqlite3.connect(tmp_path / "copy")) as connection:
        connection.execute("UPDATE lake_file SET lake = '/somewhere/else/lake'")
        connection.commit()
    assert restore(data) == 0
    with opened(data) as collector:
        assert collector.lines(mine) == session_lines()


def test_no_more_is_permitted_than_before(data: Path) -> None:
    wide = session_lines(use="public")
    with opened(data) as collector:
        mine, gone = collector.token("mine"), collector.token("gone")
        reader = collector.token("reader", "researcher")
        collector.cookie()
        collector.send(mine, wide[:3])
        back_up(data)
        collector.send(mine, [line(3, "consent", level="metadata", use="private", policy="x")])
    assert run("token", "revoke", "gone", "--data", data) == 0
    assert restore(data) == 0
    with opened(data) as collector:
        row = collector.row(mine)
        assert (row["use"], row["consent"], row["acked"]) == ("private", "metadata", 2)
        assert problem(collector.ask(reader, "GET", f"/v1/sessions/{SESSION}"))[0] == 403
        assert problem(collector.ask(gone, "GET", "/v1/sessions")) == (401, "token")
        with collector.store.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM cookie").scalar_one() == 0


def test_the_store_itself_is_no_place_for_its_backup(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(data) as collector:
        mine = collector.token("mine")
        collector.send(mine, session_lines())
        link = data.parent / "link"
        link.symlink_to(data / "pairlog.db")
        for name in ("pairlog.db", "pairlog.db-wal", "pairlog.db-shm", "pairlog.db.lock", "../link"):
            assert run("backup", data / name, "--data", data) == 1
            assert "is the store itself" in capsys.readouterr().err
        assert collector.send(mine, session_lines(session=OTHER), OTHER).status_code == 200
    with opened(data) as collector:
        assert collector.lines(mine, OTHER) == session_lines(session=OTHER)


def test_erasures_are_repeated_in_a_database_that_came_back_from_a_dump(
    postgres: Server, tmp_path: Path
) -> None:
    before = postgres.store()
    with opened_at(before) as collector:
        mine = collector.token("mine")
        for lines, session in ((secret_lines(), SESSION), (session_lines(session=OTHER), OTHER)):
            collector.send(mine, lines, session)
        postgres.dump(before, tmp_path / "dump")
        collector.redact(mine, spans=SPANS, saves=SAVES)
        collector.ask(mine, "DELETE", f"/v1/sessions/{OTHER}")
    after = postgres.restore(tmp_path / "dump")
    assert run("repeat-erasures", before, "--database-url", after) == 0
    with opened_at(after) as collector:
        assert collector.lines(mine) == masked_lines()
        assert problem(collector.ask(mine, "GET", f"/v1/sessions/{OTHER}")) == (410, "erased")
    for address in (before, after):
        postgres.drop(address)
