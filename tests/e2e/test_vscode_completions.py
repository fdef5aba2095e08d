"""Inline completions in the VS Code workbench: what a person does with them, and what is recorded of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
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

DRIVER = Path(__file__).parent / "vscode" / "complete.mjs"


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


@pytest.fixture
def workbench(tmp_path: Path, home: Path, endpoint: ModelEndpoint) -> Iterator[str]:
    package = package_of(BUILD)
    if not CODE_SERVER.exists() or package is None:
        pytest.fail("build/code-server or build/pairlog-VERSION.vsix is missing; run: make e2e")
    user = tmp_path / "user"
    settings = {
        "pairlog.completion.url": endpoint.address,
        "pairlog.completion.model": "qwen2.5-coder",
    }
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
    install = [*command, "--install-extension", str(package)]
    subprocess.run(install, env=env, check=True, capture_output=True, timeout=60)
    with code_server(command, tmp_path / "code-server.log", env) as address:
        yield address


def drive(url: str, folder: Path) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    task = {
        "url": url,
        "file": "cart.txt",
        "chromium": shutil.which("chromium") or shutil.which("google-chrome"),
        "profile": str(folder / "profile"),
        "screenshots": str(SCREENSHOTS),
    }
    done = subprocess.run(
        ["node", str(DRIVER), json.dumps(task)], capture_output=True, text=True, timeout=180
    )
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}see {SCREENSHOTS}/vscode-failed.png"


def test_what_becomes_of_a_suggestion_is_recorded_as_it_was(
    workbench: str, home: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "cart.txt").write_text("")
    drive(f"{workbench}/?folder={shop}", tmp_path)
    (spool,) = (home / "spool").glob("*.ndjson")
    wait_for("the end of the session", lambda: b'"type":"end"' in spool.read_bytes() or None)
    events: list[dict[str, Any]] = [json.loads(row) for row in spool.read_bytes().splitlines()]
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
    assert (brought[2] in ("(items)", "total(items)"), brought[5:]) in (
        (True, [")"]),
        (True, ["total(items)"]),
    )
