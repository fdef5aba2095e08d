from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.cli import main
from pairlog.document import sha256
from pairlog.events import Change
from pairlog.source import SessionInfo
from processing.trajectories.build import steps
from processing.trajectories.bursts import PAUSE_MS_MIN
from processing.trajectories.diff import compose
from processing.trajectories.step import Step
from tests.support.sessions import CART, SESSION, SessionBuilder, cart_session, jsonl, write_sessions

INFO = SessionInfo(
    SESSION, "p", "mine", "Test 1", "2026-11-23T09:00:00Z", None, 1, 1, True, True, "research", "w", 0
)


def made_steps(made: SessionBuilder) -> list[Step]:
    return steps(INFO, made.lines, made.blob_of)


def shape(made: SessionBuilder) -> list[tuple[str, str, int, int]]:
    return [(step.kind, step.actor, step.seq_first, step.seq_last) for step in made_steps(made)]


def test_a_session_becomes_the_steps_that_somebody_took(cart: SessionBuilder) -> None:
    assert shape(cart) == [
        ("open", "external", 2, 2),
        ("open", "external", 3, 3),
        ("test", "human", 4, 7),
        ("edit", "human", 9, 12),
        ("save", "human", 13, 13),
        ("test", "human", 14, 17),
        ("edit", "human", 18, 18),
        ("edit", "human", 19, 21),
        ("completion", "model", 22, 23),
        ("completion", "model", 26, 26),
        ("save", "human", 27, 27),
        ("test", "human", 28, 31),
    ]


def test_a_suggestion_that_was_taken_is_a_step_of_the_model(cart: SessionBuilder) -> None:
    failing = ["tests/test_cart.py::test_total"]
    assert asdict(made_steps(cart)[9]) == {
        "project": "p",
        "source": "session",
        "origin": SESSION,
        "issue": None,
        "contributor": "mine",
        "actor": "model",
        "time": "2026-11-23T09:00:09.540Z",
        "time_resolution": "ms",
        "revision": "c0ffee",
        "evidence": "reported",
        "use": "research",
        "licence": None,
        "step": 9,
        "kind": "completion",
        "seq_first": 26,
        "seq_last": 26,
        "doc": 1,
        "path": "shop/cart.py",
        "observation": {
            "failing": failing,
            "selections": [[3, 17, 3, 17]],
            "sha256": sha256(CART.replace("= price", "= resprice")),
        },
        "action": {
            "causes": {"completion": 1},
            "edits": 1,
            "inserted": 6,
            "deleted": 0,
            "duration_ms": 0,
            "ref": "c2",
            "model": "some-model",
            "surface": "inline",
            "position": [3, 20],
            "text": "ult + ",
        },
        "feedback": {
            "run": "r3",
            "seq": 31,
            "exit_code": 0,
            "duration_ms": 400,
            "passed": ["tests/test_cart.py::test_empty", "tests/test_cart.py::test_total"],
            "failed": [],
        },
        "diff": "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,5 +1,5 @@\n def total(prices):\n"
        "     result = 0\n     for price in prices:\n-        result = resprice\n"
        "+        result = result + price\n     return result\n",
        "outcome": {"phase": "accepted", "reason": None},
        "retention": 1.0,
    }


def test_a_refused_suggestion_is_a_step_without_a_diff(cart: SessionBuilder) -> None:
    step = made_steps(cart)[8]
    assert (step.diff, step.retention, step.path) == (None, None, "shop/cart.py")
    assert step.outcome == {"phase": "rejected", "reason": None}


def test_a_pause_ends_a_burst() -> None:
    made = SessionBuilder()
    made.open(1, "a", "")
    made.type(1, 0, 0, "ab", after_ms=PAUSE_MS_MIN - 1)
    made.type(1, 0, 2, "c", after_ms=PAUSE_MS_MIN)
    made.save(1)
    assert shape(made)[1:3] == [("edit", "human", 2, 3), ("edit", "human", 4, 4)]


def test_moving_the_cursor_ends_no_burst_but_another_document_does() -> None:
    made = SessionBuilder()
    made.open(1, "a", "")
    made.open(2, "b", "")
    made.type(1, 0, 0, "x")
    made.add("select", doc=1, selections=[(0, 0, 0, 0)])
    made.type(1, 0, 0, "y")
    made.type(2, 0, 0, "z")
    made.type(1, 0, 0, "w")
    made.save(1)
    assert shape(made)[2:-1] == [("edit", "human", 3, 5), ("edit", "human", 6, 6), ("edit", "human", 7, 7)]


def test_a_change_from_outside_is_nobodys_here() -> None:
    made = SessionBuilder()
    made.open(1, "a", "x")
    made.edit(1, (0, 0, -1, 0, "new"), cause="external", evidence="inferred")
    made.save(1)
    step = made_steps(made)[1]
    assert (step.kind, step.actor, step.evidence) == ("external", "external", "inferred")


def test_retention_is_what_stands_at_the_end() -> None:
    made = SessionBuilder()
    made.open(1, "a", "")
    made.edit(1, (0, 0, 0, 0, "abcd"), cause="completion", ref="c", evidence="reported")
    made.edit(1, (0, 1, 0, 4, ""))
    made.save(1)
    assert [step.retention for step in made_steps(made)] == [None, 0.25, None, None]


def test_a_text_that_was_given_anew_is_a_step_of_its_own() -> None:
    made = SessionBuilder()
    made.open(1, "a", "x\n")
    made.add("gap", reason="interrupted")
    made.open(1, "a", "y\n", why="after_gap")
    made.open(1, "a", "y\n", why="resync")
    made.save(1)
    assert [step.diff for step in made_steps(made)] == [
        "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n",
        "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n",
        None,
    ]


CHANGES = st.tuples(
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(-1, 4),
    st.integers(0, 4),
    st.text("ab\r\n🎻", max_size=4),
)
CAUSES = st.sampled_from(["typed", "paste", "undo", "completion", "agent", "external", "format", "unknown"])


@given(
    st.lists(st.sampled_from(["", "one\ntwo", "a\r\nb\r\n", "c\rd"]), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), CAUSES, CHANGES, st.sampled_from([0, 100, 5000])), max_size=25),
)
def test_the_diffs_of_each_document_compose_to_its_final_text(
    texts: list[str], edits: list[tuple[int, str, Change, int]]
) -> None:
    made = SessionBuilder()
    for doc, text in enumerate(texts):
        made.open(doc, f"{doc}.txt", text)
    for doc, cause, change, after_ms in edits:
        made.edit(doc % len(texts), change, cause=cause, evidence="inferred", after_ms=after_ms)
    made.save(0)
    patches: defaultdict[int | None, list[str]] = defaultdict(list)
    for step in made_steps(made):
        if step.diff is not None:
            patches[step.doc].append(step.diff)
    finals = {doc: made.text(doc) for doc in range(len(texts))}
    assert {doc: compose(patches[doc]) for doc in finals} == finals


def test_what_happens_on_disk_is_nobodys_who_types() -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "old\n", source="git", language=None)
    made.edit(1, (0, 0, 0, 3, "new"), cause="external")
    made.add("rename", doc=1, path="b.py")
    made.add("close", doc=1)
    made.open(2, "c.py", "x")
    read_anew = made.edit(2, (0, 0, -1, 0, "y"), cause=None, evidence=None)
    made.add("attribution", of=read_anew, cause="external", evidence="observed", rule="reloaded")
    made.save(2)
    assert [(step.kind, step.actor, step.evidence) for step in made_steps(made.end())][:-1] == [
        ("open", "external", "observed"),
        ("external", "external", "observed"),
        ("rename", "external", "observed"),
        ("open", "external", "reported"),
        ("external", "external", "observed"),
    ]


def test_each_step_knows_the_commit_that_is_checked_out() -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "")
    for action, how in (("merge", "pull"), ("branch", "create"), ("branch", "reset"), ("rebase", "finish")):
        commit = made.add("vcs", action=action, how=how, id=f"{action}-{how}")
        made.type(1, 0, 0, str(commit))
        made.save(1)
    edits = [step for step in made_steps(made.end()) if step.kind == "edit"]
    assert [step.revision for step in edits] == ["merge-pull", "merge-pull", "branch-reset", "rebase-finish"]


def test_the_command_writes_a_line_for_each_step(store: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["trajectories", "--from", str(store), "--out", str(tmp_path / "t"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(tmp_path / "t" / "steps.jsonl"),
        "steps": 12,
        "kinds": {"open": 2, "test": 3, "edit": 3, "save": 2, "completion": 2},
        "preferences": {"file": str(tmp_path / "t" / "preferences.jsonl"), "comparisons": 0, "pairs": []},
        "refused": {},
    }
    assert [row["step"] for row in jsonl(tmp_path / "t" / "steps.jsonl")] == list(range(12))


def test_an_unverified_session_is_refused_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = SessionBuilder(SESSION[:-1] + "2")
    bad.open(1, "a.py", "x")
    bad.save(1, sha256="0" * 64)
    store = write_sessions(tmp_path / "store", [cart_session(), bad])
    assert main(["trajectories", "--from", str(store), "--out", str(tmp_path / "t")]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1] == "refused: 1 unverified"
    assert f"{bad.session}: a.py differs from what was saved (seq 2)" in err
    assert {row["origin"] for row in jsonl(tmp_path / "t" / "steps.jsonl")} == {SESSION}
