from __future__ import annotations

import json
from pathlib import Path

import pytest

from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.settings import resolve
from pairlog.address import is_loopback, is_safe
from pairlog.cli import main
from pairlog.errors import UserError
from pairlog.home import open_home

SESSION = "0198c1f0-0000-7000-8000-000000000001"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAIRLOG_HOME", str(tmp_path / "home"))
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return tmp_path / "home"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def test_consent_is_chosen_shown_and_taken_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    here = tmp_path / "shop"
    assert "nothing chosen, so nothing is recorded" in said(capsys, "consent")
    assert not home.exists()
    assert said(capsys, "consent", "content", "--use", "research") == f"{here}: content, for research use\n"
    assert json.loads(said(capsys, "consent", str(here), "--json")) == {
        "path": str(here),
        "level": "content",
        "use": "research",
    }
    assert said(capsys, "consent", ".", "off") == f"{here}: off\n"


def test_the_level_without_texts_can_be_chosen_as_any_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "pairlog consent off|metadata|content|workspace" in said(capsys, "consent")
    assert said(capsys, "consent", "metadata") == f"{tmp_path / 'shop'}: metadata, for private use\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "nowhere is no folder and no level"),
        ((".", "all"), "`all` is no level of consent"),
        ((".", "off", "now"), "too many words"),
        (("--use", "public"), "--use goes with a level"),
    ],
)
def test_what_consent_does_not_understand_it_says_in_one_line(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in refused(capsys, "consent", *words)


def test_status_of_an_empty_home_makes_none(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert "nothing is recorded at present and nothing waits" in said(capsys, "status")
    assert json.loads(said(capsys, "status", "--json")) == {
        "home": str(home),
        "sender": False,
        "sessions": [],
        "set_aside": {},
    }
    assert not home.exists()


def test_status_shows_what_waits_and_why(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    opened = open_home(home)
    files = SessionFiles(opened, SESSION)
    files.spool.write_bytes(b'{"seq":0,"t":0,"type":"session"}\n{"seq":1,"t":0,"type":"end"}\n')
    files.write_route(Route("http://127.0.0.1:8377", "secret"))
    files.refused.parent.mkdir()
    files.refused.write_bytes(b"odd\n")
    (home / "status.json").write_text(
        json.dumps({"sessions": {SESSION: {"state": "offline", "acked": 0, "detail": "no answer"}}})
    )
    told = said(capsys, "status")
    assert f"{SESSION}  ended: 2 recorded, 1 waiting" in told
    assert "1 line set aside" in told and "no answer" in told and "secret" not in told
    (row,) = json.loads(said(capsys, "status", "--json"))["sessions"]
    assert row == {
        "session": SESSION,
        "state": "ended",
        "workspace": None,
        "level": None,
        "collector": "http://127.0.0.1:8377",
        "recorded": 2,
        "acked": 0,
        "waiting": 1,
        "refused": 1,
        "recalled": 0,
        "detail": "no answer",
    }


def test_an_order_where_nothing_is_recorded_says_so(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert "nothing is recorded in " in refused(capsys, "pause")
    assert "nothing is recorded at present" in refused(capsys, "resume", "all")
    assert not home.exists()


@pytest.mark.parametrize("told", ["much", "0", "-1"])
def test_a_bound_that_is_no_number_of_bytes_is_refused(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRLOG_SPOOL_BYTES_MAX", told)
    with pytest.raises(UserError, match=f"`spool_bytes_max` is `{told}`"):
        resolve({})


def test_the_bound_is_one_gibibyte_where_nobody_says_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve({}).spool_bytes_max == 2**30
    open_home(home)
    (home / "pairlog.toml").write_text("spool_bytes_max = 5000\n")
    assert resolve({}).spool_bytes_max == 5000
    monkeypatch.setenv("PAIRLOG_SPOOL_BYTES_MAX", "6000")
    assert resolve({}).spool_bytes_max == 6000


def test_settings_of_the_user_are_read_and_a_broken_file_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_home(home)
    toml = home / "pairlog.toml"
    toml.write_text('collector_url = "http://127.0.0.1:1"\ntoken = "file"\n')
    monkeypatch.setenv("PAIRLOG_TOKEN", "environment")
    found = resolve({})
    assert (found.collector, found.token) == ("http://127.0.0.1:1", "environment")
    assert resolve({"token": "client"}).token == "client"
    toml.write_text("collector_url = http://127.0.0.1:1\n")
    with pytest.raises(UserError, match=r"pairlog\.toml cannot be read"):
        resolve({})


def test_globs_come_from_the_client_and_the_users_file_together(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop" / "pairlog.toml").write_text('include = ["**"]\n')
    open_home(home)
    (home / "pairlog.toml").write_text('include = ["id_card.py"]\nexclude = ["*.md", "notes/**"]\n')
    found = resolve({"include": ["a.key"], "exclude": []})
    assert (found.include, found.exclude) == (("a.key", "id_card.py"), ("*.md", "notes/**"))


@pytest.mark.parametrize("globs", ["*.md", [7], [""], {"a": 1}])
def test_globs_that_are_no_list_of_globs_are_refused(globs: object) -> None:
    with pytest.raises(UserError, match="`exclude` must be a list of globs"):
        resolve({"exclude": globs})


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1:8377", True),
        ("http://127.9.9.9", True),
        ("https://[::1]:8377/base", True),
        ("http://localhost:8377", True),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://user@192.0.2.1", False),
        ("http://127.0.0.1@192.0.2.1", False),
        ("http://0.0.0.0", False),
        ("ftp://127.0.0.1", False),
        ("http://127.0.0.1:99999", False),
        ("127.0.0.1:8377", False),
    ],
)
def test_only_this_machine_is_a_loopback_address(address: str, allowed: bool) -> None:
    assert is_loopback(address) is allowed


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("http://127.0.0.1:8377", True),
        ("https://pairlog.example.org/base", True),
        ("http://pairlog.example.org", False),
        ("https://", False),
        ("https://pairlog.example.org:99999", False),
        ("ftp://pairlog.example.org", False),
    ],
)
def test_what_is_sent_to_another_machine_is_encrypted(address: str, safe: bool) -> None:
    assert is_safe(address) is safe


def test_status_still_shows_what_was_set_aside_when_all_else_is_delivered(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    refused = open_home(home).path / "refused"
    refused.mkdir()
    (refused / f"{SESSION}.ndjson").write_bytes(b"garbage\n")
    assert main(["status"]) == 0
    assert f"{SESSION}  delivered: 1 line set aside in {refused}/{SESSION}.ndjson" in capsys.readouterr().out
