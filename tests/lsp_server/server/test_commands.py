"""Pausing, and the server's commands. The real server process, spoken to as an editor does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pairlog.consent import parse, store
from pairlog.home import Home, open_home
from tests.lsp_server.client import Client
from tests.lsp_server.server.spooled import kinds, spooled, verified
from tests.support.processes import pairlog, wait_for

X = (0, 0, 0, 0, "x")


class TestPause:
    def test_from_a_shell_it_holds_when_the_command_returns(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "")
        client.settle()
        (workspace / "deep").mkdir()
        assert pairlog("pause", str(workspace / "deep"), home=home.path).decode() == f"{workspace}: paused\n"
        client.change(uri, 2, X)
        client.wait_status("paused")
        assert "paused" in pairlog("status", home=home.path).decode()
        assert json.loads(pairlog("resume", "all", "--json", home=home.path)) == [str(workspace)]
        client.change(uri, 3, X)
        client.save(uri, "xx")
        client.shutdown()
        assert kinds(home) == ["session", "open", "pause", "resume", "open", "edit", "save", "end"]
        assert verified(home)

    def test_from_the_editor_it_is_a_command(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        capabilities = client.initialize(workspace, consent="content")["capabilities"]
        assert {"pairlog.pause", "pairlog.resume"} <= {*capabilities["executeCommandProvider"]["commands"]}
        uri = client.open(workspace / "a.py", "")
        client.request("workspace/executeCommand", {"command": "pairlog.pause"})
        client.change(uri, 2, X)
        client.request("workspace/executeCommand", {"command": "pairlog.resume", "arguments": []})
        client.shutdown()
        assert kinds(home) == ["session", "open", "pause", "resume", "open", "end"]
        assert spooled(home)[4]["text"] == "x"


class TestCommands:
    def test_status_is_what_the_shell_prints(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        session = client.wait_status("offline")["session"]
        told = client.request("workspace/executeCommand", {"command": "pairlog.status"})
        assert told == json.loads(pairlog("status", "--json", home=home.path))
        assert [(row["session"], row["state"], row["level"]) for row in told["sessions"]] == [
            (session, "offline", "content")
        ]
        client.shutdown()

    def test_status_and_consent_are_answered_where_nothing_is_recorded(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace)
        client.wait_status("off")
        asked = {"command": "pairlog.status", "arguments": []}
        assert client.request("workspace/executeCommand", asked)["sessions"] == []
        nothing = {"path": str(workspace), "level": None, "use": None}
        assert client.request("workspace/executeCommand", {"command": "pairlog.consent"}) == nothing
        assert not home.path.exists()
        chosen = {"command": "pairlog.consent", "arguments": ["content", "research"]}
        assert client.request("workspace/executeCommand", chosen) == {
            "path": str(workspace),
            "level": "content",
            "use": "research",
        }
        assert json.loads(pairlog("consent", str(workspace), "--json", home=home.path))["level"] == "content"
        client.shutdown()

    def test_a_choice_is_obeyed_when_its_answer_is_there(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "")
        for level in ("metadata", "off"):
            client.request("workspace/executeCommand", {"command": "pairlog.consent", "arguments": [level]})
        client.change(uri, 2, X)
        client.shutdown()

        def told() -> list[tuple[list[str], str]]:
            files = sorted(home.spool.glob("*.ndjson"))
            sessions = [[json.loads(line) for line in file.read_bytes().splitlines()] for file in files]
            return [([event["type"] for event in events], events[-2].get("level")) for events in sessions]

        # A session ends with its level, and what waits of it is taken back.
        taken_back = ["session", "forget", "consent", "end"]
        expected = [(taken_back, "metadata"), (taken_back, "off")]
        wait_for("both to be taken back", lambda: True if told() == expected else None)

    def test_a_client_takes_its_own_choice_back_and_nothing_is_stored(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content", policy="2026-09")
        uri = client.open(workspace / "a.py", "")
        taken_back = {"command": "pairlog.clientConsent", "arguments": ["off", "private", "2031-01"]}
        client.request("workspace/executeCommand", taken_back)
        client.change(uri, 2, X)
        client.shutdown()
        assert kinds(home) == ["session", "open", "consent", "end"]
        assert [event["policy"] for event in spooled(home) if "policy" in event] == ["2026-09", "2031-01"]
        assert not home.consent.exists()

    def test_a_clients_choice_to_more_does_not_outdo_the_stored_one(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        store(open_home(home.path), workspace, parse("metadata"))
        client = start()
        client.initialize(workspace, consent="content")
        more = {"command": "pairlog.clientConsent", "arguments": ["workspace", "public"]}
        client.request("workspace/executeCommand", more)
        client.shutdown()
        assert [event.get("consent") for event in spooled(home)] == ["metadata", None]

    def test_a_word_that_is_no_choice_is_refused_in_one_line(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        with pytest.raises(AssertionError, match="`everything` is no level of consent; choose one of"):
            client.request(
                "workspace/executeCommand", {"command": "pairlog.consent", "arguments": ["everything"]}
            )
        client.shutdown()
        assert not home.consent.exists()
