"""Steps of changes from outside that are linked with an agent's tool calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from processing.imports.linking import write
from processing.imports.links import Link
from processing.trajectories.build import steps
from processing.trajectories.step import Step
from tests.processing.test_steps import INFO
from tests.support.sessions import SESSION, SessionBuilder, jsonl

OTHER = SESSION[:-1] + "9"
OUTSIDE = {"cause": "external", "evidence": "observed"}


def link(seq: int, call: str = "toolu_01", session: str = SESSION) -> Link:
    return Link(session, seq, OTHER, call, "inferred", "same_texts")


def changed(**fields: Any) -> tuple[SessionBuilder, int]:
    made = SessionBuilder()
    made.open(1, "a.py", "a = 1\n", source="git")
    seq = made.edit(1, (0, 4, 0, 5, "2"), **{**OUTSIDE, **fields})
    made.edit(1, (0, 0, 0, 0, "# "), **OUTSIDE)
    made.save(1)
    return made.end(), seq


def told(made: SessionBuilder, links: Sequence[Link]) -> list[Step]:
    return [it for it in steps(INFO, made.lines, made.blob_of, links) if it.kind in ("agent", "external")]


def test_a_linked_change_is_the_agents_and_names_its_call() -> None:
    made, seq = changed()
    agent, outside = told(made, [link(seq)])
    assert (agent.kind, agent.actor, agent.evidence, agent.retention) == ("agent", "model", "inferred", 1.0)
    assert agent.action == {
        "causes": {"agent": 1},
        "edits": 1,
        "inserted": 1,
        "deleted": 1,
        "duration_ms": 0,
        "ref": "toolu_01",
        "calls": [{"imported": OTHER, "tool_call": "toolu_01", "rule": "same_texts"}],
    }
    assert (outside.kind, outside.actor, outside.evidence) == ("external", "external", "observed")


def test_a_change_that_several_calls_made_names_each_of_them_once() -> None:
    made, seq = changed()
    agent, _ = told(made, [link(seq), link(seq, "toolu_02"), link(seq)])
    assert [call["tool_call"] for call in agent.action["calls"]] == ["toolu_01", "toolu_02"]


@pytest.mark.parametrize(
    "fields",
    [{"cause": "typed"}, {"evidence": "reported"}, {"ref": "op1"}],
    ids=["typed", "not observed", "by git"],
)
def test_a_link_changes_nothing_that_did_not_come_from_outside(fields: dict[str, str]) -> None:
    made, seq = changed(**fields)
    assert [it.kind for it in told(made, [link(seq)]) if it.kind == "agent"] == []


def test_a_link_of_another_session_is_none() -> None:
    made, seq = changed()
    assert [it.actor for it in told(made, [link(seq, session=OTHER)])] == ["external"]


@pytest.mark.parametrize("place", ["the home", "beside the sessions", "an option"])
def test_the_command_reads_links_where_they_lie(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAIRLOG_HOME", str(tmp_path / "home"))
    made, seq = changed()
    store = made.write(tmp_path / "store" / SESSION).parent
    file = {
        "the home": tmp_path / "home" / "links" / f"{OTHER}.json",
        "beside the sessions": store / "links.json",
        "an option": tmp_path / "mine.json",
    }[place]
    write(file, [link(seq)])
    words = ["--links", str(file)] if place == "an option" else []
    assert main(["trajectories", "--from", str(store), "--out", str(tmp_path / "t"), "--json", *words]) == 0
    assert json.loads(capsys.readouterr().out)["kinds"]["agent"] == 1
    assert [row["actor"] for row in jsonl(tmp_path / "t" / "steps.jsonl")][1] == "model"
