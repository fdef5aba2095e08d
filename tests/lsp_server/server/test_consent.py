"""Nothing is recorded without consent. The real server process, spoken to as an editor does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pairlog.consent import parse, store
from pairlog.home import Home, open_home
from tests.lsp_server.client import Client
from tests.lsp_server.server.spooled import kinds, spooled, wait_for_line

X = (0, 0, 0, 0, "x")


class TestConsent:
    @pytest.mark.parametrize(
        ("options", "stored", "detail"),
        [
            ({}, None, "no consent for this folder; `pairlog consent` gives it"),
            ({"consent": "off"}, "workspace", "recording is switched off for this folder"),
            ({"consent": "content"}, "off", "recording is switched off for this folder"),
        ],
    )
    def test_without_it_nothing_is_recorded_and_nobody_is_bothered(
        self,
        options: dict[str, str],
        stored: str | None,
        detail: str,
        start: Callable[..., Client],
        home: Home,
        workspace: Path,
        tmp_path: Path,
    ) -> None:
        if stored is not None:
            store(open_home(home.path), workspace, parse(stored))
        trap = tmp_path / "bin" / "git"
        trap.parent.mkdir()
        trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/git-was-called\n")
        trap.chmod(0o755)
        path = f"{trap.parent}{os.pathsep}{os.environ['PATH']}"
        client = start(env={"PAIRLOG_HOME": str(home.path), "PATH": path})
        client.initialize(workspace, **options)
        assert client.wait_status("off") == {"state": "off", "session": None, "detail": detail}
        uri = client.open(workspace / "a.py", "secret")
        client.change(uri, 2, X)
        client.observe(type="focus", focused=True)
        client.save(uri, "xsecret")
        assert client.shutdown() == 0
        assert not any(home.spool.glob("*"))
        assert not (tmp_path / "git-was-called").exists()
        assert stored is not None or not home.path.exists()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (
                {"consent": "content", "collectorUrl": "http://192.0.2.1:8377"},
                "on another machine needs an address that begins with https://",
            ),
            (
                {"consent": "content", "collectorUrl": "http://localhost.example.org"},
                "on another machine needs an address",
            ),
            ({"consent": "everything"}, "`everything` is no level of consent"),
            ({"consent": "content", "clock": "sundial"}, "`clock` is `sundial`"),
            ({"consent": "content", "token": 7}, "`token` must be text"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_recorded(
        self, options: dict[str, str], words: str, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, **options)
        told = client.wait_message(words)
        assert "\n" not in told and told.startswith("Pairlog records nothing: ")
        assert words in client.wait_status("off")["detail"]
        client.open(workspace / "a.py", "secret")
        client.shutdown()
        assert not home.path.exists()

    def test_without_a_folder_nothing_is_recorded(self, start: Callable[..., Client], home: Home) -> None:
        client = start()
        client.initialize(None, consent="content")
        assert client.wait_status("off")["detail"] == "no folder is open; consent is given per folder"
        client.shutdown()
        assert not home.path.exists()

    def test_the_lowest_choice_holds(self, start: Callable[..., Client], home: Home, workspace: Path) -> None:
        store(open_home(home.path), workspace, parse("workspace", "public"))
        client = start()
        client.initialize(workspace, consent="content", use="research")
        client.shutdown()
        header = spooled(home)[0]
        assert (header["consent"], header["use"]) == ("content", "research")

    def test_taking_it_back_ends_the_session_within_a_second_or_two(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        store(open_home(home.path), workspace, parse("content"))
        client = start()
        client.initialize(workspace)
        uri = client.open(workspace / "a.py", "")
        client.settle()
        store(home, workspace, parse("content", "research"))
        wait_for_line(home, lambda event: event["type"] == "consent" and event["use"] == "research")
        store(home, workspace, parse("off"))
        client.wait_status("off")
        client.change(uri, 2, X)
        client.shutdown()
        assert kinds(home) == ["session", "open", "consent", "consent", "end"]
        assert (spooled(home)[-2]["level"], spooled(home)[-1]["reason"]) == ("off", "consent")

    def test_a_workspace_cannot_start_a_recording(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        (workspace / "pairlog.toml").write_text('collector_url = "http://127.0.0.1:1"\nconsent = "content"\n')
        (workspace / ".vscode").mkdir()
        (workspace / ".vscode" / "settings.json").write_text('{"pairlog.consent": "content"}')
        (workspace / "consent.json").write_text(json.dumps({str(workspace): {"level": "content"}}))
        client = start(cwd=workspace)
        client.initialize(workspace)
        client.wait_status("off")
        client.shutdown()
        assert not home.path.exists()

    def test_a_workspace_cannot_put_its_own_modules_into_the_recorder(
        self, start: Callable[..., Client], workspace: Path
    ) -> None:
        for name in ("pygls", "platformdirs", "pairlog", "json"):
            (workspace / f"{name}.py").write_text("raise SystemExit('taken over')")
        client = start(cwd=workspace)
        client.initialize(workspace, consent="content")
        client.wait_status("offline")
        assert client.shutdown() == 0
