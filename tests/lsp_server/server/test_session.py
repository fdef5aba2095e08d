"""A session from its header to its end. The real server process; no collector is set, the spool is read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lsp_server.home.control import give
from lsp_server.home.layout import SessionFiles
from pairlog.blobs import read_manifest
from pairlog.home import Home
from tests.lsp_server.client import SERVER, Client, did_change, frame
from tests.lsp_server.server.spooled import kinds, spooled, verified, wait_for_line

X = (0, 0, 0, 0, "x")


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
        script = Path(__file__).parents[3] / "lsp_server" / "__main__.py"
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
