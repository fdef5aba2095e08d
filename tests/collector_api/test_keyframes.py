"""Keyframes: any moment of a long session is near one, and they go with what they were made of."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from collector_api.door.browser import COOKIE
from collector_api.rows import keyframes, sessions
from pairlog.line import decode
from pairlog.replay import Player
from pairlog.source import open_source
from processing.sessions.states import player_at
from tests.collector_api.driver import SESSION, Collector, line, session_lines
from tests.collector_api.secret import SECRET
from tests.support.processes import wait_for

EDITS = 60


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of a few lines have keyframes, some lines apart."""
    monkeypatch.setattr(keyframes, "EVENTS_MIN", 10)
    monkeypatch.setattr(keyframes, "SPACING", 7)


def _texts(player: Player) -> list[str]:
    return [replayed.document.text for replayed in player.documents.values()]


def _keyframes(collector: Collector) -> list[int]:
    with collector.store.reading() as connection:
        found = connection.exec_driver_sql("SELECT seq FROM keyframe WHERE doc = 0 ORDER BY seq").scalars()
        return list(found)


def _made(collector: Collector) -> list[int]:
    return wait_for("keyframes", lambda: _keyframes(collector) or None)


@pytest.mark.usefixtures("often")
def test_every_moment_is_the_same_with_and_without_them(
    collector: Collector, mine: str, tmp_path: Path
) -> None:
    lines = session_lines(EDITS)
    cookie = {"Cookie": f"{COOKIE}={collector.cookie()}"}

    def pages() -> list[str]:
        paths = [f"/sessions/{SESSION}/documents/1?seq={seq}" for seq in range(EDITS + 5)]
        return [collector.request("GET", path, headers=cookie).text for path in paths]

    collector.send(mine, lines[:-1])
    # The end brings the keyframes, and is on every page.
    collector.store.judge_soon = lambda session: None  # type: ignore[method-assign]
    collector.send(mine, lines[-1:])
    before = pages()
    assert _keyframes(collector) == []
    del collector.store.judge_soon
    collector.store.judge_soon(SESSION)
    assert _made(collector) == [-1, *range(6, EDITS + 4, 7)]
    assert pages() == before
    player = Player()
    with open_source(collector.address) as source:
        for at, text in enumerate(lines):
            player.feed(decode(text))
            near, rest = source.before(SESSION, at)
            assert near.seq >= at - 7
            assert _texts(player_at(near, rest, at)) == _texts(player)
        assert _texts(player_at(*source.before(SESSION, None), None)) == _texts(player)


@pytest.mark.usefixtures("often")
def test_what_is_taken_back_is_not_left_in_them(collector: Collector, mine: str, tmp_path: Path) -> None:
    noise = os.urandom(1_000).hex()
    lines = session_lines(EDITS)
    lines[1] = line(1, "open", doc=1, path="a.py", why="opened", source="editor", text=f"{SECRET}{noise}")
    collector.send(mine, lines)
    _made(collector)
    assert collector.redact(mine, spans=[[1, "/text", 0, len(SECRET)]]).json() == {"revision": 1}
    _made(collector)
    with collector.store.reading() as connection:
        data = connection.exec_driver_sql("SELECT data FROM keyframe WHERE doc = 1").scalars().first()
    text = zlib.decompress(data).decode()
    assert "*" * len(SECRET) in text
    assert SECRET not in text
    assert collector.holds(data)
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert _keyframes(collector) == []
    assert not collector.holds(data)


@pytest.mark.usefixtures("often")
def test_a_session_in_the_lake_needs_none(collector: Collector, mine: str, tmp_path: Path) -> None:
    collector.send(mine, session_lines(EDITS))
    _made(collector)
    collector.export(tmp_path / "lake")
    assert _keyframes(collector) == []
    with open_source(collector.address) as source:
        assert player_at(*source.before(SESSION, 30), 30).seq == 30


def test_short_sessions_have_none(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines(EDITS))
    with collector.store.reading() as connection:
        assert not keyframes.is_due(connection, sessions.info(connection, SESSION))
