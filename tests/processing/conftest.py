from __future__ import annotations

from pathlib import Path

import pytest

from pairlog.source import find_session
from pairlog.source.files import FileSource
from processing.episodes import sandbox
from processing.episodes.build import build
from processing.episodes.episode import Episode
from tests.support.sessions import SessionBuilder, cart_session


@pytest.fixture
def cart() -> SessionBuilder:
    """A person mends a failing test."""
    return cart_session()


@pytest.fixture
def store(tmp_path: Path, cart: SessionBuilder) -> Path:
    """A folder with that session, as `--from` takes it."""
    return cart.write(tmp_path / "store" / cart.session).parent


@pytest.fixture
def episode(store: Path, cart: SessionBuilder) -> Episode:
    """The one episode of that session."""
    with FileSource(store) as source:
        (built,), _ = build(find_session(source, cart.session), cart.lines, cart.blob_of)
    return built


@pytest.fixture
def sandboxed() -> None:
    """For tests that execute: skips, visibly, where this machine cannot."""
    reason = sandbox.available()
    if reason is not None:
        pytest.skip(f"refused: {reason}")
