"""`pairlog token` and `pairlog erase`, on a store of their own and beside a collector."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from collector_api.database.sqlite import SqliteDatabase
from collector_api.rows import tokens
from pairlog.cli import main
from pairlog.source import SessionInfo
from pairlog.source.wanted import Wanted
from tests.collector_api.driver import SESSION, Collector, problem, session_lines
from tests.support.postgres import Server

Words = list[str]


@pytest.fixture
def here(store_address: str) -> Words:
    """What names the store, the collector's where there is one."""
    return ["--database-url", store_address]


def test_a_token_is_printed_alone_and_works_at_once(
    collector: Collector, here: Words, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "create", "mine", "--role", "contributor", *here]) == 0
    out = capsys.readouterr().out
    token = out.strip()
    assert out == f"{token}\n"
    assert token.startswith("plg_")
    assert collector.send(token, session_lines()).json() == {"acked": 8}


def test_tokens_are_listed_without_what_they_are(here: Words, capsys: pytest.CaptureFixture[str]) -> None:
    main(["token", "create", "mine", "--role", "contributor", *here])
    main(["token", "create", "reader", "--role", "researcher", *here])
    made = capsys.readouterr().out.split()
    main(["token", "revoke", "reader", *here])
    capsys.readouterr()
    assert main(["token", "list", "--json", *here]) == 0
    out = capsys.readouterr().out
    rows = json.loads(out)
    assert not any(token in out for token in made)
    assert [(row["id"], row["name"], row["role"], row["revoked_at"] is None) for row in rows] == [
        (1, "mine", "contributor", True),
        (2, "reader", "researcher", False),
    ]
    main(["token", "list", *here])
    assert [row.split()[:3] for row in capsys.readouterr().out.splitlines()] == [
        ["id", "name", "role"],
        ["1", "mine", "contributor"],
        ["2", "reader", "researcher"],
    ]


def test_a_token_grows_old(collector: Collector, here: Words, capsys: pytest.CaptureFixture[str]) -> None:
    main(["token", "create", "mine", "--role", "contributor", "--expires", "90d", *here])
    assert collector.send(capsys.readouterr().out.strip(), session_lines()).status_code == 200
    old = collector.store.write(
        lambda connection: tokens.create(connection, "mine", "contributor", expires_s=0)
    ).result()
    assert problem(collector.send(old, session_lines())) == (401, "token")
    main(["token", "list", *here])
    states = [row.rpartition("  ")[2] for row in capsys.readouterr().out.splitlines()]
    assert states == ["state", "in force", "expired"]


def test_a_name_is_the_same_however_its_accents_are_written(
    collector: Collector, here: Words, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = "Zo\u00e9", "Zoe\u0301"
    for name in (one, other):
        assert main(["token", "create", name, "--role", "contributor", *here]) == 0
    token = capsys.readouterr().out.split()[0]
    collector.send(token, session_lines())
    found = collector.ask(token, "GET", "/v1/sessions", params={"contributor": other}).json()["sessions"]
    assert [row["contributor"] for row in found] == [one]
    assert Wanted(contributor=other).fits(SessionInfo(**found[0]))
    assert main(["token", "revoke", other, *here]) == 0
    assert capsys.readouterr().out == "2 revoked\n"
    assert main(["erase", "--contributor", other, *here]) == 0
    assert capsys.readouterr().out == f"erased {other} and 1 sessions\n"


def test_all_folders_that_a_store_is_made_with_are_its_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "home" / "data"
    assert main(["token", "create", "mine", "--role", "contributor", "--data", str(data)]) == 0
    with SqliteDatabase(tmp_path / "other" / "data" / "pairlog.db").claim(1):
        folders = [data, data.parent, tmp_path / "other" / "data", tmp_path / "other"]
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_what_is_an_id_and_a_name_is_revoked_once_somebody_says_which(
    here: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("mine", "1"):
        main(["token", "create", name, "--role", "contributor", *here])
    assert main(["token", "revoke", "1", *here]) == 1
    assert "--by id" in capsys.readouterr().err
    assert main(["token", "revoke", "1", "--by", "name", *here]) == 0
    main(["token", "list", "--json", *here])
    rows = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert [(row["name"], row["revoked_at"] is None) for row in rows] == [("mine", True), ("1", False)]


def test_a_token_is_revoked_by_its_number(
    collector: Collector, here: Words, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = collector.token("mine")
    assert main(["token", "revoke", "1", *here]) == 0
    assert problem(collector.ask(mine, "GET", "/v1/sessions")) == (401, "token")
    assert main(["token", "revoke", "1", *here]) == 1
    assert "pairlog token list" in capsys.readouterr().err


def test_a_session_is_erased_beside_a_running_collector(
    collector: Collector, mine: str, here: Words, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.send(mine, session_lines())
    assert main(["erase", "", *here]) == 1
    assert main(["erase", SESSION[:13], *here]) == 0
    assert capsys.readouterr().out == f"erased {SESSION}\n"
    assert problem(collector.send(mine, session_lines())) == (410, "erased")
    assert main(["erase", SESSION, *here]) == 1
    assert "was erased before" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["erase", SESSION], "no store at"),
        (["token", "list"], "no store at"),
        (["token", "revoke", "mine"], "no store at"),
        (["token", "create", "", "--role", "admin"], "1 to 200 printable characters"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main([*words, "--data", str(tmp_path / "data")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://host/pairlog", "SQLite or PostgreSQL, not in mysql"),
        ("sqlite://", "needs a file"),
        ("pairlog", "write sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("postgresql://me:secret@127.0.0.1:1/pairlog", "postgresql://me:***@127.0.0.1:1/pairlog"),
    ],
)
def test_an_address_that_is_not_served_is_one_line_without_its_password(
    capsys: pytest.CaptureFixture[str], address: str, message: str
) -> None:
    assert main(["token", "list", "--database-url", address]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert "secret" not in error


def test_a_database_without_a_store_says_how_to_make_one(
    postgres: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", "list", "--database-url", postgres.empty()]) == 1
    assert "no store of Pairlog yet; run `pairlog serve`" in capsys.readouterr().err
