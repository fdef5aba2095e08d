"""Inline completions in the VS Code workbench: what a person does with them, and what is recorded of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_vscode import (
    BUILD,
    CODE_SERVER,
    SCREENSHOTS,
    USER_SETTINGS,
    code_server,
    package_of,
    write_json,
)
from tests.support.model_endpoint import ModelEndpoint, model_endpoint, says
from tests.support.processes import end_leftovers, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

DRIVERS = Path(__file__).parent / "vscode"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "home"
    monkeypatch.setenv("PAIRLOG_HOME", str(folder))
    yield folder
    end_leftovers(folder)


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with model_endpoint(says("total", "(items)")) as running:
        yield running


@contextmanager
def running(tmp_path: Path, settings: dict[str, Any], *others: Path) -> Iterator[str]:
    """A workbench with these settings of its user, the extension and others; its address."""
    package = package_of(BUILD)
    if not CODE_SERVER.exists() or package is None:
        pytest.fail("build/code-server or build/pairlog-VERSION.vsix is missing; run: make e2e")
    user = tmp_path / "user"
    write_json(user / "Machine" / "settings.json", settings)
    write_json(user / "User" / "settings.json", USER_SETTINGS)
    command = [
        *(str(CODE_SERVER), "--user-data-dir", str(user)),
        *("--extensions-dir", str(tmp_path / "extensions")),
    ]
    env = {
        **os.environ,
        "EXTENSIONS_GALLERY": '{"serviceUrl":""}',
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
    }
    for each in (package, *others):
        install = [*command, "--install-extension", str(each)]
        subprocess.run(install, env=env, check=True, capture_output=True, timeout=60)
    with code_server(command, tmp_path / "code-server.log", env) as address:
        yield address


def session_of(driver: str, address: str, home: Path, tmp_path: Path) -> list[dict[str, Any]]:
    """Let a driver work in an empty file; the events of the session."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "cart.txt").write_text("")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    task = {
        "url": f"{address}/?folder={shop}",
        "file": "cart.txt",
        "chromium": shutil.which("chromium") or shutil.which("google-chrome"),
        "profile": str(tmp_path / "profile"),
        "screenshots": str(SCREENSHOTS),
    }
    done = subprocess.run(
        ["node", str(DRIVERS / driver), json.dumps(task)], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}see {SCREENSHOTS}/vscode-failed.png"
    (spool,) = (home / "spool").glob("*.ndjson")
    wait_for("the end of the session", lambda: b'"type":"end"' in spool.read_bytes() or None)
    return [json.loads(row) for row in spool.read_bytes().splitlines()]


def test_what_becomes_of_a_suggestion_is_recorded_as_it_was(
    tmp_path: Path, home: Path, endpoint: ModelEndpoint
) -> None:
    settings = {"pairlog.completion.url": endpoint.address, "pairlog.completion.model": "qwen2.5-coder"}
    with running(tmp_path, settings) as address:
        events = session_of("complete.mjs", address, home, tmp_path)
    told = [
        (it["phase"], it.get("text"), it["evidence"])
        for it in events
        if it["type"] == "completion" and it["phase"] not in ("requested", "shown")
    ]
    # How often it is asked while somebody types depends on the machine.
    assert [it for it in told if it[0] != "ignored"] == [
        ("accepted", "total(items)", "reported"),
        ("rejected", None, "reported"),
        ("partly_accepted", "total", "inferred"),
        ("accepted", "(items)", "reported"),
        # Word by word: a single character taken looks like one that was typed.
        ("partly_accepted", "total", "inferred"),
        ("partly_accepted", "items", "inferred"),
        ("accepted", ")", "reported"),
        ("typed_through", "total(items)", "inferred"),
    ]
    assert told[-1] == ("ignored", None, "inferred")
    # A rest comes as itself, or as the whole suggestion once more, which VS Code decides by its own clock. A
    # last character that came as itself is attributed late.
    late = [events[it["of"]] for it in events if it["type"] == "attribution"]
    taken = [it for it in events if it["type"] == "edit" and (it.get("cause") == "completion" or it in late)]
    brought = [it["changes"][0][4] for it in taken]
    assert [brought[0], brought[1], brought[3], brought[4]] == ["total(items)", "total", "total", "items"]
    assert brought[2] in ("(items)", "total(items)")
    assert brought[5:] in ([")"], ["total(items)"])


def test_what_becomes_of_another_extensions_suggestion_is_observed_where_somebody_asks_for_it(
    tmp_path: Path, home: Path
) -> None:
    other = tmp_path / "other.vsix"
    vsce = BUILD.parent / "vscode-client" / "node_modules" / ".bin" / "vsce"
    package = [str(vsce), "package", "--allow-missing-repository", "--skip-license", "--out", str(other)]
    subprocess.run(package, cwd=DRIVERS / "other", check=True, capture_output=True, timeout=60)
    with running(tmp_path, {"pairlog.observeOtherCompletions": True}, other) as address:
        events = session_of("others.mjs", address, home, tmp_path)
    told = [it for it in events if it["type"] == "completion"]
    assert [(it["phase"], it.get("text"), it.get("position"), it["evidence"]) for it in told] == [
        ("accepted", "total(items)", [1, 4], "observed"),
        ("partly_accepted", "total", [2, 4], "observed"),
        ("rejected", None, None, "observed"),
    ]
    taken = [it for it in events if it.get("cause") == "completion"]
    assert [(it["changes"][0][4], it["evidence"], it["ref"]) for it in taken] == [
        ("total(items)", "observed", told[0]["id"]),
        ("total", "observed", told[1]["id"]),
    ]
