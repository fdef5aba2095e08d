"""The real server process, spoken to as an editor does. No collector is set: the spool is read."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lsp_server.home.control import give
from lsp_server.home.layout import SessionFiles
from pairlog.blobs import read_manifest
from pairlog.consent import parse, store
from pairlog.home import Home, open_home
from pairlog.replay import verify
from tests.lsp_server.client import SERVER, Client, did_change, frame
from tests.support.processes import PAIRLOG, pairlog, wait_for

X = (0, 0, 0, 0, "x")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def start(home: Home) -> Iterator[Callable[..., Client]]:
    """Starts clients that are ended with the test, whatever becomes of it."""
    clients: list[Client] = []

    def start_one(*arguments: Any, **options: Any) -> Client:
        options.setdefault("env", {"PAIRLOG_HOME": str(home.path)})
        clients.append(Client(*arguments, **options))
        return clients[-1]

    yield start_one
    for client in clients:
        if client.process.poll() is None:
            client.kill()


def spooled(home: Home) -> list[dict[str, Any]]:
    """The lines of the only session in a home."""
    (file,) = home.spool.glob("*.ndjson")
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def kinds(home: Home) -> list[str]:
    return [event["type"] for event in spooled(home)]


def wait_for_line(home: Home, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def find() -> dict[str, Any] | None:
        is_there = any(home.spool.glob("*.ndjson"))
        return next((event for event in spooled(home) if wanted(event)), None) if is_there else None

    return wait_for("a line", find)


def verified(home: Home) -> bool | None:
    (file,) = home.spool.glob("*.ndjson")
    lines = file.read_bytes().splitlines()
    return verify(lines, lambda digest: (home.blobs / digest).read_bytes()).verified


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


class TestSession:
    def test_it_begins_with_a_header_that_says_who_and_where(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        result = client.initialize(workspace, consent="content", encodings=["utf-32", "utf-16"])
        assert result["capabilities"]["positionEncoding"] == "utf-32"
        assert result["capabilities"]["textDocumentSync"] == {
            "openClose": True,
            "change": 2,
            "save": {"includeText": True},
        }
        status = client.wait_status("offline")
        client.shutdown()
        header = spooled(home)[0]
        assert header.pop("started_at").endswith("Z") and len(header.pop("workspace")) == 32
        assert header == {
            "seq": 0,
            "t": 0,
            "type": "session",
            "wire": 1,
            "session": status["session"],
            "editor": {"name": "Test client", "version": "1"},
            "recorder": {"name": "pairlog", "version": "0.1.0"},
            "position_encoding": "utf-32",
            "clock": "recorder",
            "causes": "inferred",
            "consent": "content",
            "use": "private",
            "policy": "2026-11",
        }

    def test_every_line_is_in_the_kernels_hands_when_its_message_was_handled(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "")
        for version in range(2, 52):
            client.change(uri, version, X)
        client.settle()
        client.kill()
        assert [event["seq"] for event in spooled(home)] == list(range(52))

    def test_a_message_cut_in_two_and_many_in_one_are_all_the_same(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "")
        changes = [did_change(uri, version, [X]) for version in range(2, 12)]
        stream = b"".join(
            frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": it}) for it in changes
        )
        for at in range(0, len(stream), 97):
            client.write(stream[at : at + 97])
        client.save(uri, "x" * 10)
        client.shutdown()
        assert kinds(home) == ["session", "open", *["edit"] * 10, "save", "end"]
        assert verified(home)

    def test_a_message_that_cannot_be_read_is_a_gap_and_the_rest_goes_on(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        for body in (b"not json", b"[]", b'{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}'):
            client.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        client.open(workspace / "a.py", "")
        client.shutdown()
        assert kinds(home) == ["session", "gap", "gap", "gap", "open", "end"]

    @pytest.mark.parametrize(
        ("leave", "reason"),
        [("shutdown", "shutdown"), ("hang_up", "interrupted"), ("terminate", "interrupted")],
    )
    def test_it_ends_however_the_client_leaves(
        self, leave: str, reason: str, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        client.open(workspace / "a.py", "")
        client.settle()
        if leave == "terminate":
            client.process.send_signal(signal.SIGTERM)
            client.process.wait(timeout=20)
            client.hang_up()
        else:
            getattr(client, leave)()
        assert (spooled(home)[-1]["type"], spooled(home)[-1]["reason"]) == ("end", reason)
        assert list(home.path.glob("*.pid")) == []

    def test_a_stream_out_of_step_ends_it_with_one_clear_line(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        client.settle()
        client.write(b"GET / HTTP/1.1\r\n\r\n")
        client.process.wait(timeout=20)
        client.hang_up()
        last = client.errors.decode().splitlines()[-1]
        assert last.startswith("pairlog: the client's messages are out of step")
        assert spooled(home)[-1]["reason"] == "interrupted"

    def test_a_file_as_standard_input_is_read_as_well(self, home: Home, workspace: Path) -> None:
        options = {"home": str(home.path), "consent": "content"}
        params = {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}}
        document = {"uri": (workspace / "a.py").as_uri(), "languageId": "c", "version": 1, "text": "a"}
        said = [
            {"id": 1, "method": "initialize", "params": {**params, "initializationOptions": options}},
            {"method": "initialized", "params": {}},
            {"method": "textDocument/didOpen", "params": {"textDocument": document}},
            {"id": 2, "method": "shutdown", "params": None},
        ]
        script = workspace / "said"
        script.write_bytes(b"".join(frame({"jsonrpc": "2.0", **it}) for it in said))
        with script.open("rb") as stdin:
            subprocess.run(SERVER, stdin=stdin, stdout=subprocess.DEVNULL, check=True, timeout=20)
        assert kinds(home) == ["session", "open", "end"]

    def test_it_runs_as_a_script_from_anywhere_too(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        script = Path(__file__).parents[2] / "lsp_server" / "__main__.py"
        client = start([sys.executable, str(script)], cwd=workspace)
        client.initialize(workspace, consent="content")
        client.shutdown()
        assert kinds(home) == ["session", "end"]

    def test_two_editors_and_two_homes_never_mix(
        self, start: Callable[..., Client], home: Home, workspace: Path, tmp_path: Path
    ) -> None:
        other = Home(tmp_path / "other")
        clients = [start(), start(), start(env={"PAIRLOG_HOME": str(other.path)})]
        for name, client in zip("abc", clients, strict=True):
            client.initialize(workspace, consent="content")
            client.open(workspace / f"{name}.py", name)
        for client in clients:
            client.shutdown()
        texts = [
            [json.loads(line).get("text") for line in file.read_bytes().splitlines()][1]
            for place in (home, other)
            for file in sorted(place.spool.glob("*.ndjson"))
        ]
        assert (sorted(texts[:2]), texts[2]) == (["a", "b"], "c")

    def test_level_workspace_starts_with_the_tracked_files(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        def git(*words: str) -> None:
            identity = ("-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid")
            subprocess.run(["git", "-C", str(workspace), *identity, *words], check=True, capture_output=True)

        (workspace / "cart.py").write_text("a = 1\n")
        git("init", "-q", "-b", "main")
        git("add", ".")
        git("commit", "-qm", "first")
        client = start()
        client.initialize(workspace, consent="workspace")
        event = wait_for_line(home, lambda it: it["type"] == "workspace")
        client.shutdown()
        header = spooled(home)[0]
        assert (header["branch"], header["head"], len(header["project"])) == ("main", event["head"], 64)
        (file,) = read_manifest((home.blobs / event["manifest"]).read_bytes())
        assert (file.path, (home.blobs / file.blob).read_bytes()) == ("cart.py", b"a = 1\n")
        assert (event["files"], event["dirty"]) == (1, False)

    def test_level_workspace_without_git_says_that_there_is_no_manifest(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="workspace")
        gap = wait_for_line(home, lambda it: it["type"] == "gap")
        client.shutdown()
        assert gap["detail"] == "the folder is in no git repository, so no files are tracked"

    def test_the_sender_can_ask_for_the_texts_again(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "a")
        client.change(uri, 2, X)
        session = client.wait_status("offline")["session"]
        give(SessionFiles(home, session).control, "rebase", docs=[1])
        opened = wait_for_line(home, lambda it: it.get("why") == "after_gap")
        assert (opened["text"], opened["version"]) == ("xa", 2)
        client.shutdown()

    def test_an_erased_session_is_followed_by_a_new_one(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "a")
        session = client.wait_status("offline")["session"]
        client.settle()
        SessionFiles(home, session).remove()
        client.wait(lambda it: it.get("method") == "pairlog/status" and it["params"]["session"] != session)
        client.change(uri, 2, X)
        client.save(uri, "xa")
        client.shutdown()
        assert kinds(home) == ["session", "open", "edit", "save", "end"]
        assert spooled(home)[1]["why"] == "resumed" and verified(home)

    def test_a_client_that_leaves_in_mid_message_has_everything_whole_recorded(
        self, start: Callable[..., Client], home: Home, workspace: Path
    ) -> None:
        client = start()
        client.initialize(workspace, consent="content")
        uri = client.open(workspace / "a.py", "")
        client.change(uri, 2, X)
        torn = frame(
            {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": did_change(uri, 3, [X])}
        )
        client.write(torn[:-20])
        assert client.hang_up() == 0
        assert kinds(home) == ["session", "open", "edit", "end"]
        assert spooled(home)[-1]["reason"] == "interrupted"
        (first,) = home.spool.glob("*.ndjson")
        again = start()
        again.initialize(workspace, consent="content")
        again.save(again.open(workspace / "a.py", "xx"), "xx")
        again.shutdown()
        (second,) = set(home.spool.glob("*.ndjson")) - {first}
        assert [json.loads(line)["type"] for line in second.read_bytes().splitlines()][1:] == [
            "open",
            "save",
            "end",
        ]


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


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process need Linux")
def test_a_full_disk_is_said_at_once_and_loses_nothing(
    start: Callable[..., Client], home: Home, workspace: Path
) -> None:
    client = start()
    client.initialize(workspace, consent="content")
    uri = client.open(workspace / "a.py", "")
    client.settle()
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (900, unlimited))
    for version in range(2, 102):
        client.change(uri, version, X)
    told = client.wait_message("what you do waits in memory")
    assert "make room in" in told
    status = subprocess.run(
        [*PAIRLOG, "status"],
        env={**os.environ, "PAIRLOG_HOME": str(home.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "paused" in status.stdout and "make room in" in status.stdout
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    client.wait_message("Pairlog records again")
    client.change(uri, 102, X)
    client.save(uri, "x" * 101)
    assert client.shutdown() == 0
    events = spooled(home)
    assert [event["type"] for event in events] == ["session", "open", *["edit"] * 101, "save", "end"]
    assert verified(home)


def test_a_home_that_cannot_be_written_is_said_in_one_line(
    start: Callable[..., Client], workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    client = start()
    client.initialize(workspace, consent="content", home=str(tmp_path / "file" / "home"))
    assert "set PAIRLOG_HOME to another folder" in client.wait_message("Not a directory")
    assert client.shutdown() == 0


def test_a_file_of_a_hundred_megabytes_is_refused_and_the_rest_goes_on(
    start: Callable[..., Client], home: Home, workspace: Path
) -> None:
    client = start()
    client.initialize(workspace, consent="content")
    large = client.open(workspace / "dump.sql", "x" * 100_000_000)
    client.change(large, 2, X)
    client.save(client.open(workspace / "a.py", "a"), "a")
    client.shutdown()
    assert kinds(home) == ["session", "gap", "open", "save", "end"]
    assert list(home.blobs.iterdir()) == [] and verified(home)
