"""A recorded session as LSP messages, and the same session again when a language server hears them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pairlog
from pairlog.errors import UserError
from pairlog.events import Workspace
from pairlog.feed import messages
from pairlog.line import decode_all
from pairlog.lsp_client import speak
from pairlog.replay import verify
from pairlog.source.files import FileSource
from pairlog.workspace import restore

GOLDEN = Path(__file__).parents[1] / "golden" / "wire" / "v1"
DEMO = Path(pairlog.__file__).parent / "data" / "demo"
ROOT_URI = "file:///shop"


def lines_of(*events: dict[str, Any]) -> list[bytes]:
    """A session of these events behind the header of a golden file."""
    header = (GOLDEN / "minimal.ndjson").read_bytes().splitlines()[0]
    bodies = [{"seq": seq, "t": 10 * seq, **event} for seq, event in enumerate(events, 1)]
    return [header, *(json.dumps(body).encode() for body in bodies)]


def said(*events: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is said after `initialized`, without the times."""
    fed = list(messages(lines_of(*events), ROOT_URI))
    assert [message["method"] for message in fed[:2]] == ["initialize", "initialized"]
    pairs = [(message["method"], message.get("params")) for message in fed[2:]]
    return [pair for pair in pairs if (pair[1] or {}).get("type") != "time"]


def opened(path: str = "cart.py", text: str = "a\n", **more: Any) -> dict[str, Any]:
    return {"type": "open", "doc": 1, "path": path, "why": "opened", "source": "editor", "text": text, **more}


def test_the_first_message_asks_for_the_clock_of_the_client_and_the_encoding_of_the_session() -> None:
    first, *_ = messages(lines_of(), "file:///shop/", {"consent": "content"})
    params = first["params"]
    assert params["initializationOptions"] == {"clock": "client", "consent": "content"}
    assert params["capabilities"]["general"] == {"positionEncodings": ["utf-16"]}
    assert params["rootUri"] == ROOT_URI
    assert params["workspaceFolders"] == [{"uri": ROOT_URI, "name": "shop"}]


def test_an_edit_is_a_change_behind_its_cause_and_its_time() -> None:
    edit = {"type": "edit", "doc": 1, "changes": [[0, 1, 0, 1, "b"]], "cause": "undo", "evidence": "reported"}
    *_, time, cause, change = messages(lines_of(opened(), edit), ROOT_URI)
    assert time["params"] == {"type": "time", "t": 20}
    assert cause["params"] == {
        "type": "cause",
        "uri": "file:///shop/cart.py",
        "cause": "undo",
        "evidence": "reported",
    }
    place = {"line": 0, "character": 1}
    assert change["params"] == {
        "textDocument": {"uri": "file:///shop/cart.py", "version": 1},
        "contentChanges": [{"range": {"start": place, "end": place}, "text": "b"}],
    }


def test_a_cause_that_was_inferred_is_left_to_the_recorder() -> None:
    edit = {
        "type": "edit",
        "doc": 1,
        "changes": [[0, 0, -1, 0, "b"]],
        "cause": "paste",
        "evidence": "inferred",
    }
    change = (
        "textDocument/didChange",
        {
            "textDocument": {"uri": "file:///shop/cart.py", "version": 7},
            "contentChanges": [{"text": "b"}],
        },
    )
    assert said(opened(version=6), edit)[1:] == [change]


def test_a_save_brings_the_text_as_it_then_stands() -> None:
    edit = {"type": "edit", "doc": 1, "changes": [[0, 1, 0, 1, "\U0001f600"], [0, 3, 0, 3, "b"]]}
    save = {"type": "save", "doc": 1, "sha256": "0" * 64, "sha256_of": "text"}
    *_, saved = said(opened(path="a b/ü.py"), edit, save)
    document = {"uri": "file:///shop/a%20b/%C3%BC.py"}
    assert saved == ("textDocument/didSave", {"textDocument": document, "text": "a\U0001f600b\n"})


def test_a_text_set_right_while_the_document_is_open_is_a_change_of_all_of_it() -> None:
    gap = {"type": "gap", "reason": "not_emitted", "docs": [1]}
    *_, change = said(opened(), gap, opened(text="c\n") | {"why": "after_gap"})
    assert change[0] == "textDocument/didChange"
    assert change[1]["contentChanges"] == [{"text": "c\n"}]


def test_a_document_is_renamed_and_closed_by_its_names_of_the_time() -> None:
    rename = {"type": "rename", "doc": 1, "path": "till.py"}
    end = {"type": "end", "reason": "shutdown"}
    assert said(opened(), rename, {"type": "close", "doc": 1}, end)[1:] == [
        (
            "workspace/didRenameFiles",
            {"files": [{"oldUri": "file:///shop/cart.py", "newUri": "file:///shop/till.py"}]},
        ),
        ("textDocument/didClose", {"textDocument": {"uri": "file:///shop/till.py"}}),
        ("shutdown", None),
        ("exit", None),
    ]


def test_an_observation_names_its_document_by_its_address_and_leaves_the_recorder_its_own() -> None:
    select = {"type": "select", "doc": 1, "selections": [[0, 0, 0, 1]]}
    run = {"type": "run", "id": "r", "phase": "started", "saw": {"1": 3}}
    unknown = {"type": "hologram", "depth": 3}
    assert said(opened(), select, run, unknown)[1:] == [
        ("pairlog/observe", {"type": "select", "selections": [[0, 0, 0, 1]], "uri": "file:///shop/cart.py"}),
        ("pairlog/observe", {"type": "run", "id": "r", "phase": "started"}),
    ]


@pytest.mark.parametrize("name", ["minimal", "unicode", "full"])
def test_every_session_of_this_format_can_be_fed(name: str) -> None:
    lines = (GOLDEN / f"{name}.ndjson").read_bytes().splitlines()
    fed = list(messages(lines, ROOT_URI, blobs=lambda digest: (GOLDEN / "blobs" / digest).read_bytes()))
    assert fed[0]["method"] == "initialize"


def test_a_workspace_is_made_again_with_the_commit_that_was_recorded(tmp_path: Path) -> None:
    lines, blob = demo()
    workspace = next(event for event in decode_all(lines) if isinstance(event, Workspace))
    files = restore(workspace.manifest, blob, tmp_path)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (len(files), head.stdout.strip()) == (workspace.files, workspace.head)


@pytest.mark.parametrize(
    "path", ["../up", "/etc/passwd", ".git/hooks/pre-commit", "a/../../b", ".GIT/config"]
)
def test_a_manifest_that_leads_out_of_the_workspace_is_refused(path: str, tmp_path: Path) -> None:
    manifest = json.dumps({"files": [{"path": path, "mode": "100755", "blob": "0" * 64}]}).encode()
    with pytest.raises(UserError, match="inside the workspace"):
        restore("m", lambda digest: manifest, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_fed_session_is_recorded_as_it_was(tmp_path: Path) -> None:
    lines, blob = demo()
    workspace = next(event for event in decode_all(lines) if isinstance(event, Workspace))
    folder, home = tmp_path / "project", tmp_path / "home"
    restore(workspace.manifest, blob, folder)
    options = {"consent": "workspace", "use": "public", "home": str(home)}
    environment = {**os.environ, "PAIRLOG_HOME": str(home)}
    command = [sys.executable, "-m", "pairlog", "lsp"]
    speak(command, environment, messages(lines, folder.as_uri(), options, blob))
    (spool,) = (home / "spool").glob("*.ndjson")
    again = spool.read_bytes().splitlines()
    assert told(again) == told(lines)
    assert verify(again, blob).verified
    project, head = (json.loads(again[0])[name] for name in ("project", "head"))
    assert {"project": project, "head": head}.items() <= json.loads(lines[0]).items()


def told(lines: list[bytes]) -> list[dict[str, Any]]:
    """The lines without the header and the moment at which the tracked files were read."""
    bodies = [json.loads(line) for line in lines[1:]]
    kept = [body for body in bodies if body["type"] != "workspace"]
    return [{name: value for name, value in body.items() if name not in ("seq", "saw")} for body in kept]


def demo() -> tuple[list[bytes], Any]:
    source = FileSource(DEMO)
    (row,) = source.sessions()
    return list(source.lines(row.session)), lambda digest: source.blob(row.session, digest)
