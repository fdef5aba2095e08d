"""A denied file leaves no trace in a session but a count."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pairlog.document import sha256
from tests.lsp_server.desk import Desk
from tests.lsp_server.recording import CART, Recorded

ENV = "file:///home/dev/shop/.env"
X = (0, 0, 0, 0, "secret")
END = {"type": "end", "reason": "shutdown"}


def count(number: int, because: str = "") -> dict[str, Any]:
    detail = f"files that are denied or ignored by git{because}"
    return {"type": "gap", "reason": "not_emitted", "count": number, "detail": detail}


def here(name: str) -> str:
    return f"file:///home/dev/shop/{name}"


def finished(it: Recorded) -> list[dict[str, Any]]:
    it.end("shutdown")
    return it.written


def test_neither_what_is_typed_nor_what_is_saved_or_observed_there() -> None:
    it = Recorded()
    for version in (2, 3):
        it.open("secret", ENV)
        it.change(version, X, uri=ENV)
        it.change(version + 1, X, uri=here("./.env"))
        it.save("secretsecret", ENV)
        for observation in (
            {"type": "select", "selections": [[0, 0, 0, 0]]},
            {"type": "view", "first": 0, "last": 1},
            {"type": "completion", "id": "c1", "phase": "shown", "text": "secret"},
            {"type": "diagnostics", "counts": {"error": 1}, "added": [{"message": "secret"}]},
            {"type": "annotation", "id": "n1", "phase": "added", "text": "secret"},
            {"type": "command", "id": "x1", "name": "rename"},
            {"type": "cause", "cause": "paste"},
        ):
            it.observe({**observation, "uri": ENV})
        it.did_close(ENV)
    it.open("a = 1\n")
    assert finished(it)[0]["doc"] == 1
    assert finished(it)[1:] == [count(1), END, count(1), END]


def test_nor_a_file_that_was_never_opened() -> None:
    it = Recorded()
    it.change(2, X, uri=ENV)
    it.save("secret", here("deep/id_rsa"))
    it.observe({"type": "select", "uri": here("a.pem"), "selections": []})
    assert finished(it) == [count(3), END]


def test_a_path_in_an_observation_is_taken_out_and_with_it_the_text_that_may_come_from_it() -> None:
    it = Recorded()
    agent = {"type": "agent", "id": "a1", "phase": "tool_result", "text": "secret"}
    for paths in (
        ["/home/dev/shop/.env", "cart.py", "./certs/../server.key"],
        ["/home/dev/other/a.py", "../b.py", "a\0b"],
        [".", "/home/dev/shop", "new.py"],
    ):
        it.observe({**agent, "paths": paths})
    it.observe(
        {"type": "test", "run": "r1", "test": "secrets.py::test_a", "outcome": "passed", "path": "secrets.py"}
    )
    it.observe({"type": "test", "run": "r1", "test": "test_b", "outcome": "passed", "path": "test_b.py"})
    it.observe({"type": "review", "id": "v1", "phase": "added", "path": "/etc/passwd", "text": "secret"})
    said = {"type": "agent", "id": "a1", "phase": "tool_result", "evidence": "reported"}
    passed = {"type": "test", "run": "r1", "test": "test_b", "outcome": "passed", "path": "test_b.py"}
    assert finished(it) == [
        {**said, "paths": ["cart.py"]},
        said,
        {**said, "paths": [".", ".", "new.py"], "text": "secret"},
        {**passed, "evidence": "reported"},
        count(7),
        END,
    ]


class TestRename:
    def test_to_a_denied_name_closes_the_document_and_forgets_it(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.did_rename(CART, ENV)
        for uri in (CART, ENV):
            it.change(2, X, uri=uri)
            it.save("secret", uri)
        it.did_close(CART)
        it.open("secret", ENV)
        it.did_close(ENV)
        it.open("b = 1\n")
        kinds = [(event["type"], event.get("doc"), event.get("path")) for event in finished(it)]
        assert kinds == [
            ("open", 1, "cart.py"),
            ("close", 1, None),
            ("open", 2, "cart.py"),
            ("gap", None, None),
            ("end", None, None),
        ]

    def test_from_a_denied_name_to_another_one_may_be_opened(self) -> None:
        it = Recorded()
        it.open("secret", ENV)
        it.did_rename(ENV, CART)
        it.did_close(ENV)
        it.open("a = 1\n")
        it.change(2, (0, 0, 0, 0, "x"))
        it.save("xa = 1\n")
        assert [(event["type"], event.get("doc")) for event in it.written] == [
            ("open", 1),
            ("edit", 1),
            ("save", 1),
        ]

    @pytest.mark.parametrize("uri", [here("secrets.d"), "file:///home/dev/elsewhere"])
    def test_of_a_folder_takes_all_below_along(self, uri: str) -> None:
        it = Recorded()
        it.open("a", here("lib/a.py"))
        it.open("b", here("lib/b.py"))
        it.did_close(here("lib/b.py"))
        it.open("c", here("library.py"))
        it.did_rename(here("lib"), uri)
        it.change(2, X, uri=here("lib/a.py"))
        assert [(event["type"], event.get("doc")) for event in finished(it)[3:]] == [
            ("open", 3),
            ("close", 1),
            ("gap", None),
            ("end", None),
        ]

    def test_a_file_already_closed_leaves_nothing_either(self) -> None:
        it = Recorded()
        it.open("a = 1\n")
        it.did_close(CART)
        it.did_rename(CART, ENV)
        assert [event["type"] for event in finished(it)] == ["open", "close", "gap", "end"]


def test_while_paused_nothing_is_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recording.pause()
    desk.open("secret", ".env")
    desk.close(".env")
    desk.recording.resume()
    desk.recording.end("shutdown")
    assert desk.kinds() == ["session", "pause", "resume", "end (shutdown)"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / ".gitignore").write_text("*.log\n")
    subprocess.run(["git", "init", "-q", str(tmp_path / "shop")], check=True)
    return Desk(tmp_path, include=("kept.log",), exclude=("*.md",))


def test_git_and_the_persons_own_globs_are_heard(desk: Desk) -> None:
    for name in ("run.log", "kept.log", "notes.md", "cart.py"):
        desk.open("a", name)
        desk.type("x", name)
    desk.recording.end("shutdown")
    events = desk.events()
    assert [event["path"] for event in events if event["type"] == "open"] == ["kept.log", "cart.py"]
    assert [event["count"] for event in events if event["type"] == "gap"] == [2]
    assert b"run.log" not in b"".join(desk.lines(desk.sessions[0]))


def test_a_saved_ignore_file_holds_for_what_is_named_from_then_on(desk: Desk) -> None:
    agent = {"type": "agent", "id": "a1", "phase": "tool_call", "paths": ["a.tmp"]}
    desk.observe(**agent)
    desk.open("", ".gitignore")
    (desk.shop / ".gitignore").write_text("*.tmp\n")
    desk.save("*.tmp\n", ".gitignore")
    desk.observe(**agent)
    assert [event.get("paths") for event in desk.events() if event["type"] == "agent"] == [["a.tmp"], None]


def test_a_git_that_does_not_answer_is_told_with_the_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open("secret", ".env")
    monkeypatch.setattr(desk.recording.recorder.documents.gate, "_ask", lambda *_arguments: None)
    desk.open("a")
    desk.recording.end("shutdown")
    gap = desk.events()[1]
    assert {key: gap[key] for key in ("type", "reason", "count", "detail")} == count(
        2, "; 1 of them because git did not answer in time"
    )


def test_a_document_opened_again_after_it_was_ignored_is_closed(desk: Desk) -> None:
    desk.open("a")
    (desk.shop / ".gitignore").write_text("cart.py\n")
    desk.open("secret")
    desk.type("x")
    assert desk.kinds() == ["session", "open (opened)", "close"]
    assert sha256("secret").encode() not in b"".join(desk.lines(desk.sessions[0]))
