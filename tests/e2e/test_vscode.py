"""The VS Code workbench with the packaged extension, against a live collector.

`make e2e` brings what this needs: `build/code-server`, `build/pairlog-VERSION.vsix` and the extension's node
modules; Chromium comes from the system. `vscode/drive.mjs` is the person at the keyboard; what is checked
here is what arrived.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Collector, end_leftovers, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BUILD = Path(__file__).resolve().parents[2] / "build"
CODE_SERVER = BUILD / "code-server" / "code-server"
DRIVER = Path(__file__).parent / "vscode" / "drive.mjs"
SCREENSHOTS = BUILD / "e2e"

BEFORE = "def total(prices):\n    return sum(prices)\n"
AFTER = BEFORE + "\ndef average(prices):\n    return total(prices) / len(prices) # na\u00efve \U0001f600"

USER_SETTINGS = {
    "chat.disableAIFeatures": True,
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "files.autoSave": "off",
    "remote.autoForwardPorts": False,
    "telemetry.telemetryLevel": "off",
    # Else what a terminal shows is a picture.
    "terminal.integrated.gpuAcceleration": "off",
    "workbench.startupEditor": "none",
}
#: What a cloned repository might try: none of it may have an effect.
HOSTILE_SETTINGS = {
    "pairlog.collectorUrl": "http://127.0.0.1:1",
    "pairlog.interpreter": "/bin/false",
    "pairlog.consent": "workspace",
    "pairlog.include": ["**"],
    "pairlog.exclude": ["**"],
}
TASKS = {
    "version": "2.0.0",
    "tasks": [
        {
            "label": "fail",
            "type": "shell",
            "command": "echo built; exit 3",
            "problemMatcher": [],
            "group": {"kind": "build", "isDefault": True},
        }
    ],
}
LAUNCH = {
    "version": "0.2.0",
    "configurations": [
        {
            "type": "node",
            "request": "launch",
            "name": "Script",
            "program": "script.js",
            "cwd": "${workspaceFolder}",
            "console": "internalConsole",
            "outputCapture": "std",
            "internalConsoleOptions": "openOnSessionStart",
        }
    ],
}


def write_json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A small repository that also tries what a hostile one would."""
    folder = tmp_path / "shop"
    write_json(folder / ".vscode" / "settings.json", HOSTILE_SETTINGS)
    (folder / "cart.py").write_text(BEFORE, encoding="utf-8")
    write_json(folder / ".vscode" / "tasks.json", TASKS)
    write_json(folder / ".vscode" / "launch.json", LAUNCH)
    (folder / "script.js").write_text("console.log('debugged');\n")
    (folder / "checks").mkdir()
    (folder / "checks" / "test_cart.py").write_text("def test_total():\n    assert 1 == 2\n")
    for module in ("json.py", "sitecustomize.py", "pairlog.py", "lsp_server.py"):
        (folder / module).write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    author = ["-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "A cart"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The recorder's home. Whatever still runs in it at the end is ended."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PAIRLOG_HOME", str(folder))
    yield folder
    end_leftovers(folder)


@pytest.fixture
def collector(tmp_path: Path, home: Path) -> Iterator[Collector]:
    """A collector that nobody has sent anything to yet."""
    running = Collector(tmp_path / "data")
    yield running
    running.stop()


@pytest.fixture
def workbench(tmp_path: Path, collector: Collector) -> Iterator[str]:
    """The address of a workbench with the extension installed and the collector's address set."""
    package = package_of(BUILD)
    if not CODE_SERVER.exists() or package is None:
        pytest.fail("build/code-server or build/pairlog-VERSION.vsix is missing; run: make e2e")
    user = tmp_path / "user"
    # The extension runs where the files are: `Machine` is the user's settings for that machine.
    write_json(user / "Machine" / "settings.json", {"pairlog.collectorUrl": collector.address})
    write_json(user / "User" / "settings.json", USER_SETTINGS)
    command = [
        *(str(CODE_SERVER), "--user-data-dir", str(user)),
        *("--extensions-dir", str(tmp_path / "extensions")),
    ]
    env = {
        **os.environ,
        # Else the page asks an outside gallery for extensions.
        "EXTENSIONS_GALLERY": '{"serviceUrl":""}',
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
    }
    install = [*command, "--install-extension", str(package)]
    subprocess.run(install, env=env, check=True, capture_output=True, timeout=60)
    with code_server(command, tmp_path / "code-server.log", env) as address:
        yield address


def package_of(build: Path) -> Path | None:
    """The newest package of the extension."""
    return max(build.glob("pairlog-*.vsix"), key=lambda file: file.stat().st_mtime, default=None)


@contextmanager
def code_server(command: list[str], log: Path, env: dict[str, str]) -> Iterator[str]:
    """A code-server on a free port; it is stopped, with its children, by its own process group."""
    options = [
        *("--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-workspace-trust"),
        *("--disable-telemetry", "--disable-update-check"),
        # Else the extension host outlives the page, and the session has no end.
        *("--reconnection-grace-time", "2"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )

    def address() -> str | None:
        if process.poll() is not None:
            raise AssertionError(f"code-server ended with {process.returncode}: {log.read_text()}")
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        return found and found.group()

    try:
        yield wait_for("the address of code-server", address)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def drive(url: str, token: str, folder: Path) -> None:
    """Let the driver work; where it fails, its words and a picture tell at which step."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no Chromium; install it, e.g. with: apt-get install chromium")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    task = {
        "url": url,
        "file": "cart.py",
        "token": token,
        "pytest": str(Path(sys.executable).with_name("pytest")),
        "home": os.environ["PAIRLOG_HOME"],
        "chromium": chromium,
        "profile": str(folder / "profile"),
        "screenshots": str(SCREENSHOTS),
    }
    done = subprocess.run(
        ["node", str(DRIVER), json.dumps(task)], capture_output=True, text=True, timeout=180
    )
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}see {SCREENSHOTS}/vscode-failed.png"


def test_what_is_typed_in_the_workbench_is_what_the_collector_replays(
    workbench: str, collector: Collector, workspace: Path, tmp_path: Path
) -> None:
    drive(f"{workbench}/?folder={workspace}", collector.token("mine"), tmp_path)
    on_disk = (workspace / "cart.py").read_bytes()
    assert on_disk.decode() == AFTER

    first, second = sorted(collector.ended(2), key=lambda row: str(row["started_at"]))
    name = first["session"]
    assert (first["consent"], first["use"], first["verified"]) == ("content", "private", True)
    verdict = {"session": name, "saves": 1, "verified": True, "first_bad_seq": None}
    assert collector.verify(name) == verdict
    assert collector.replay(name, "cart.py") == on_disk

    events = collector.events(name)
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "end"
    types = {event["type"] for event in events}
    assert {"open", "edit", "focus", "select", "save", "close"} <= types
    assert "gap" not in types
    reported = [event for event in events if event.get("evidence") == "reported"]
    assert [(event["type"], event["cause"]) for event in reported] == [
        ("edit", "undo"),
        ("edit", "redo"),
        ("edit", "undo"),
    ]

    # The second visit changed nothing and was stopped from the status bar. Whether the workbench brings
    # the closed editor back depends on when it last noted its own layout.
    last = collector.events(second["session"])
    assert last[-1]["type"] == "end"
    assert {"edit", "save", "gap"}.isdisjoint(event["type"] for event in last)
    check_runs(last)

    assert not (tmp_path / "imported").exists(), "a file of the workspace was imported"


def check_runs(events: list[dict[str, Any]]) -> None:
    """The task, the terminal with the test run inside it, and the debug session."""
    runs: dict[str, dict[str, Any]] = {}
    for event in events:
        if event["type"] == "run":
            runs.setdefault(event["id"], {}).update(event)
    commands = [(run["kind"], run["command"].rpartition("/")[2]) for run in runs.values()]
    assert commands == [
        ("task", "echo built; exit 3"),
        ("terminal", "pytest -q checks"),
        ("test", "pytest -q checks"),
        ("debug", "script.js"),
    ]
    task, terminal, tests, debug = runs.values()
    assert (task["exit_code"], task["output"]) == (3, "built\n")
    assert terminal["exit_code"] == 1
    assert "1 failed" in terminal["output"]
    assert (tests["parent"], tests["exit_code"]) == (terminal["id"], 1)
    # The adapter of Node's debugger does not say how a program ended.
    assert debug["phase"] == "ended"
    assert "debugged" in debug["output"]
    (result,) = [event for event in events if event["type"] == "test"]
    assert (result["run"], result["test"], result["outcome"]) == (
        tests["id"],
        "checks/test_cart.py::test_total",
        "failed",
    )
