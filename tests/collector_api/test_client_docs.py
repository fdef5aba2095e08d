"""docs/reading.md: its programs run against a real server, and its tables are whole."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairlog.client import Client
from pairlog.frame import pack
from processing.sessions.commands import COMMANDS
from tests.support.processes import Collector
from tests.support.sessions import SESSION, cart_session

PAGE = (Path(__file__).parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
OTHER = SESSION[:-1] + "2"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where a collector is that has two sessions of `me`, the later one with all that is looked for."""
    served = Collector(tmp_path_factory.mktemp("docs") / "data")
    token = served.token("me")
    made = cart_session()
    with Client(served.address, token) as me:
        for digest, data in made.blobs.items():
            assert me.put_blob(data) == digest
        old = cart_session(OTHER, started_at="2026-10-01T09:00:00.000Z")
        for session in (old, made):
            me.post_frame(session.session, pack(session.lines))
            assert me.session(session.session).verified is True
    yield {**os.environ, "PAIRLOG_COLLECTOR_URL": served.address, "PAIRLOG_TOKEN": token}
    served.stop()


def run(program: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_programs_list_replay_and_watch(environment: dict[str, str]) -> None:
    made = cart_session()
    listing, watching = PROGRAMS
    text = made.text(1)
    row = f"{SESSION} 2026-11-23T09:00:00.000Z {len(made.lines)}"
    assert run(listing, environment) == f"{row}\n{text}\n"
    types = [json.loads(line)["type"] for line in made.lines]
    assert run(watching, environment).split() == types


def test_every_option_of_the_command_and_every_method_of_the_client_is_told() -> None:
    parser = argparse.ArgumentParser()
    COMMANDS["sessions"](parser)
    options = {name for action in parser._actions for name in action.option_strings if name[:2] == "--"}
    elsewhere = {"--help", "--json", "--data", "--database-url", "--from"}
    methods = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if name[0] != "_"}
    assert [name for name in sorted(options - elsewhere) if f"`{name}" not in PAGE] == []
    assert [name for name in sorted(methods - {"close"}) if f"`{name}(" not in PAGE] == []
