"""Edits that a recorder saw come from outside are linked with the tool calls that made them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from pairlog.home import open_home
from pairlog.ids import keyed
from processing.imports.linking import read
from processing.imports.links import Link
from tests.support.sessions import SESSION, SessionBuilder
from tests.support.transcripts import TranscriptBuilder

STARTED_MS = 1_785_744_000_000
OUTSIDE = {"cause": "external", "evidence": "observed"}
BEFORE, AFTER, LAST = "a = 1\n", "a = 2\n", "a = 3\n"


class Beside:
    """A recorder and an agent in the same folder, from the same moment on."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PAIRLOG_HOME", str(folder / "home"))
        self.folder = folder
        self.agent = TranscriptBuilder(str(folder / "shop"), STARTED_MS)
        key = open_home().key()
        self.recorder = SessionBuilder(
            started_at="2026-08-03T08:00:00.000Z", workspace=keyed(key, str(folder / "shop"))
        )
        self.recorder.add("open", doc=1, path="cart.py", why="opened", source="git", text=BEFORE)

    def sees(self, text: str, **fields: Any) -> int:
        return self.recorder.add("edit", doc=1, changes=[(0, 0, -1, 0, text)], **{**OUTSIDE, **fields})

    def links(self) -> list[Link]:
        """What the command finds, or nothing."""
        self.recorder.write(self.folder / "recorded" / SESSION)
        file = self.agent.write(self.folder / "agent.jsonl")
        words = ["--out", str(self.folder / "out"), "--recorded", str(self.folder / "recorded")]
        assert main(["import", "claude-code", str(file), *words]) == 0
        found = self.folder / "out" / "links.json"
        return read(found) if found.exists() else []

    @property
    def imported(self) -> str:
        session: str = json.loads((self.folder / "out" / "session.json").read_text())["session"]
        return session


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Beside:
    return Beside(tmp_path, monkeypatch)


def test_a_change_of_the_same_file_from_the_same_text_to_the_same_is_linked(beside: Beside) -> None:
    call = beside.agent.edits("cart.py", BEFORE, "1", "2")
    seq = beside.sees(AFTER)
    assert beside.links() == [Link(SESSION, seq, beside.imported, call, "inferred", "same_texts")]


def test_two_calls_that_were_seen_as_one_change_are_both_linked(beside: Beside) -> None:
    calls = [beside.agent.edits("cart.py", BEFORE, "1", "2"), beside.agent.edits("cart.py", AFTER, "2", "3")]
    seq = beside.sees(LAST)
    assert [(it.seq, it.tool_call, it.rule) for it in beside.links()] == [
        (seq, call, "merged") for call in calls
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"cause": "typed", "evidence": "reported"},
        {"evidence": "inferred"},
        {"ref": "op1"},
        {"after_ms": 60_000},
    ],
    ids=["typed", "not observed", "by git", "a minute later"],
)
def test_another_change_to_the_same_text_is_not_linked(beside: Beside, fields: dict[str, Any]) -> None:
    beside.agent.edits("cart.py", BEFORE, "1", "2")
    beside.sees(AFTER, **fields)
    assert beside.links() == []


def test_where_two_changes_fit_none_is_linked(beside: Beside) -> None:
    beside.agent.edits("cart.py", BEFORE, "1", "2")
    beside.sees(AFTER)
    beside.sees(BEFORE)
    beside.sees(AFTER)
    assert beside.links() == []


def test_a_session_of_another_folder_is_not_linked(beside: Beside, tmp_path: Path) -> None:
    beside.agent.folder = str(tmp_path / "copy")
    beside.agent.edits("cart.py", BEFORE, "1", "2")
    beside.sees(AFTER)
    assert beside.links() == []
