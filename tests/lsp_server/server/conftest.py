"""A folder to work in, a home, and clients of the real server process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pairlog.home import Home
from tests.lsp_server.client import Client


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
