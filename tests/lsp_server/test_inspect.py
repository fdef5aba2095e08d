"""`pairlog inspect`: exactly what waits, and what was masked in it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from lsp_server.home.state import Delivered, SenderState, write_sender
from lsp_server.orders.inspection import waiting
from pairlog.errors import UserError
from pairlog.events import Level
from pairlog.home import Home, open_home
from tests.lsp_server.dispatch import SESSION
from tests.lsp_server.recording import Recorded
from tests.support.processes import pairlog
from tests.support.secrets import KINDS

SECRET = KINDS["github_token"](Random(7))
TEXT = f"show('{SECRET}')\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which a session waits: a file with a secret was opened, then a word was typed."""
    return waiting_at("content", tmp_path)


def waiting_at(level: Level, folder: Path) -> Home:
    home = open_home(folder / "home")
    recorded = Recorded(consent=level)
    recorded.open(TEXT)
    recorded.change(2, (1, 0, 1, 0, "word"))
    recorded.save(TEXT + "word")
    recorded.flush()
    (home.spool / f"{SESSION}.ndjson").write_bytes(b"".join(recorded.disk.lines))
    return home


def test_each_line_is_shown_as_it_will_leave_with_what_was_masked_by_which_rule(home: Home) -> None:
    session, opened, edited, saved = waiting(home, None)
    assert (json.loads(session.line)["type"], session.masked) == ("session", [])
    assert json.loads(opened.line)["text"] == f"show('{'*' * len(SECRET)}')\n"
    assert opened.masked == [("/text", 6, len(SECRET), "github-pat")]
    assert json.loads(edited.line)["changes"] == [[1, 0, 1, 0, "word"]]
    assert json.loads(saved.line)["sha256_of"] == "masked"


def test_at_the_level_metadata_the_sizes_are_shown_that_will_leave(tmp_path: Path) -> None:
    lines = [json.loads(it.line) for it in waiting(waiting_at("metadata", tmp_path), SESSION)]
    assert [line["text"] for line in lines if line["type"] == "open"] == [f"{len(TEXT)},2"]
    assert [line["changes"] for line in lines if line["type"] == "edit"] == [[[1, 0, 1, 0, "4,1"]]]
    assert [line.get("sha256") for line in lines if line["type"] == "save"] == [None]


def test_what_the_collector_has_waits_no_more(home: Home) -> None:
    write_sender(home.path / "status.json", SenderState({SESSION: Delivered("sending", 1)}))
    assert [it.seq for it in waiting(home, SESSION)] == [2, 3]


def test_a_line_in_the_outbox_is_shown_as_it_stands_there(home: Home) -> None:
    line = b'{"seq":1,"t":0,"type":"gap","reason":"refused"}'
    (home.outbox / f"{SESSION}.ndjson").write_bytes(line + b"\n")
    assert next(it for it in waiting(home, SESSION) if it.seq == 1).line == line.decode()


def test_the_command_prints_lines_and_what_was_masked_below_them(home: Home) -> None:
    printed = pairlog("inspect", home=home.path).decode().splitlines()
    assert printed[2] == f"    masked /text [6, {len(SECRET)}]: github-pat"
    assert SECRET not in "".join(printed)
    objects = [json.loads(line) for line in pairlog("inspect", "--json", home=home.path).splitlines()]
    assert objects[1]["masked"] == [
        {"pointer": "/text", "start": 6, "length": len(SECRET), "rule": "github-pat"}
    ]


def test_a_session_that_does_not_wait_is_said(home: Home) -> None:
    with pytest.raises(UserError, match="no session nothing waits here"):
        list(waiting(home, "nothing"))
