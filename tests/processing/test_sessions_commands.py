from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pairlog.cli import main
from tests.support.sessions import CART, SESSION, SessionBuilder, cart_session, write_sessions

OTHER = SESSION[:-1] + "2"
MENDED = CART.replace("= price", "= result + price")


def test_sessions_are_listed_the_oldest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    older = cart_session(OTHER, started_at="2026-11-22T10:00:00.000Z")
    write_sessions(tmp_path, [cart_session(), older])
    assert main(["sessions", "--from", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["session"] for row in rows] == [OTHER, SESSION]
    assert rows[1] == {
        "session": SESSION,
        "project": "p",
        "contributor": None,
        "editor": "Test 1",
        "started_at": "2026-11-23T09:00:00.000Z",
        "ended_at": "2026-11-23T09:00:10.140Z",
        "events": 33,
        "last_seq": 32,
        "complete": True,
        "verified": True,
        "use": "research",
        "consent": "workspace",
        "revision": 0,
        "languages": ["python"],
        "has_tests": True,
        "has_completions": True,
        "study": None,
        "condition": None,
    }


def test_a_list_is_told_in_pages_each_of_which_names_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [SESSION[:-1] + digit for digit in "12345"]
    write_sessions(tmp_path, [cart_session(session) for session in ids])
    place = ["--from", str(tmp_path)]
    words: list[str] = ["--limit", "2"]
    seen = []
    while words:
        assert main(["sessions", *words, "--json", *place]) == 0
        seen.append([row["session"] for row in json.loads(capsys.readouterr().out)])
        assert main(["sessions", *words, *place]) == 0
        words = capsys.readouterr().out.partition("More follow: ")[2].split()
    assert seen == [ids[:2], ids[2:4], ids[4:]]
    assert main(["sessions", "--after", ids[4], *place]) == 0
    assert capsys.readouterr().out == f"No session follows {ids[4]}.\n"
    assert main(["sessions", "--after", "gone", *place]) == 1
    assert "no session gone is in this list" in capsys.readouterr().err


def test_the_table_names_each_session_by_an_id_that_commands_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sessions(tmp_path, [cart_session(), cart_session("0298c1f0-0000-7000-8000-000000000001")])
    assert main(["sessions", "--from", str(tmp_path)]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[3:5]]
    assert names == ["0198c1f0", "0298c1f0"]
    assert main(["verify", names[0], "--from", str(tmp_path)]) == 0


def test_replay_prints_a_file_byte_for_byte_and_nothing_else(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    made = SessionBuilder()
    made.open(1, "naïve.txt", "one\r\ntwo\rthree 🎻")
    made.edit(1, (0, 3, 0, 3, "!"))
    made.write(tmp_path / "s")
    assert main(["replay", SESSION, "--at", "end", "--file", "naïve.txt", "--from", str(tmp_path / "s")]) == 0
    assert capfdbinary.readouterr() == ("one!\r\ntwo\rthree 🎻".encode(), b"")


def test_replay_knows_a_file_at_any_moment(store: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    texts = []
    for at in ("2", "12", "end"):
        assert main(["replay", SESSION, "--at", at, "--file", "shop/cart.py", "--from", str(store)]) == 0
        texts.append(capfdbinary.readouterr().out.decode())
    assert texts == [CART, CART.replace("= price", "= 1 + price"), MENDED]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--file", "x.py"], "no document x.py at seq 32; there are: shop/cart.py, tests/test_cart.py"),
        (["--file", "x.py", "--at", "1"], "no document x.py at seq 1; no document was opened yet"),
        (["--file", "shop/cart.py", "--at", "99"], "the session ends at seq 32; give --at a seq up to"),
        (["--at", "soon"], "`soon` is no moment"),
    ],
)
def test_replay_says_what_is_wrong_in_one_line(
    store: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["replay", SESSION, "--from", str(store), *words]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_replay_refuses_a_text_that_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "x")
    made.add("gap", reason="interrupted")
    made.write(tmp_path / "s")
    assert main(["replay", SESSION, "--file", "a.py", "--from", str(tmp_path)]) == 1
    assert "the text of a.py is not known at seq 2" in capsys.readouterr().err


def test_replay_lists_the_events_where_there_is_no_terminal(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", SESSION, "--at", "9", "--idle-max", "1", "--from", str(store)]) == 0
    assert capsys.readouterr().out.splitlines()[4:] == [
        "      4      0.400  run started python -m pytest -q",
        "      5      0.500  test tests/test_cart.py::test_empty passed",
        "      6      0.600  test tests/test_cart.py::test_total failed",
        "      7      0.700  run ended exit 1",
        "      8      1.700  select shop/cart.py",
        "      9      1.820  edit shop/cart.py typed '1'",
    ]


def test_verify_counts_the_saves_that_match(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "all", "--json", "--from", str(store)]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"session": SESSION, "saves": 2, "verified": True, "first_bad_seq": None}
    ]


def test_verify_exits_1_where_one_save_of_one_session_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = SessionBuilder(OTHER)
    bad.open(1, "a.py", "x")
    bad.save(1, sha256="0" * 64)
    write_sessions(tmp_path, [cart_session(), bad.end()])
    assert main(["verify", "all", "--json", "--from", str(tmp_path)]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert rows[1] == {"session": OTHER, "saves": 1, "verified": False, "first_bad_seq": 2}


def test_verify_says_that_there_was_nothing_to_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SessionBuilder().end().write(tmp_path / "s")
    assert main(["verify", SESSION, "--from", str(tmp_path)]) == 0
    assert "0 verified, 0 with a mismatch, 1 with nothing to check" in capsys.readouterr().out


def test_an_export_is_the_session_line_by_line(
    store: Path, cart: SessionBuilder, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["export", SESSION, "--from", str(store)]) == 0
    assert gzip.decompress(capfdbinary.readouterr().out) == b"".join(line + b"\n" for line in cart.lines)


def test_an_exported_folder_can_be_read_again(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", SESSION, "--out", str(tmp_path / "out"), "--from", str(store)]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "blobs",
        "session.json",
        "session.ndjson.gz",
    ]
    assert main(["verify", "all", "--from", str(tmp_path / "out")]) == 0


def test_an_export_is_never_written_to_a_terminal(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["export", SESSION, "--from", str(store)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.startswith("pairlog: an export is binary")) == ("", True)


def test_an_unknown_session_is_one_clear_line(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "ffff", "--from", str(store)]) == 1
    assert (
        capsys.readouterr().err == "pairlog: no session 'ffff' here; `pairlog sessions` lists what there is\n"
    )
