"""The sender's doorbell, rung by other threads, by nobody, and when nobody is at home."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp_server.home.doorbell import Bell, Doorbell
from pairlog.home import Home, open_home
from tests.lsp_server.recording import Recorded

#: A machine that is busy elsewhere may take as much again.
SECONDS = 0.3
LINE = (0, 0, 0, 0, "x")
NEXT_LINE = (1, 0, 1, 0, "x")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def doorbell(home: Home) -> Iterator[Doorbell]:
    made = Doorbell(home)
    yield made
    made.close()


def rested(doorbell: Doorbell, seconds: float) -> float:
    begun = time.monotonic()
    doorbell.rest(seconds)
    return time.monotonic() - begun


def test_a_ring_shortens_the_rest_and_is_answered_once(doorbell: Doorbell, home: Home) -> None:
    bell = Bell(home)
    for _ in range(3):
        bell.ring()
    rung, silent = rested(doorbell, SECONDS), rested(doorbell, SECONDS)
    bell.close()
    assert SECONDS <= rung < 2 * SECONDS <= silent


def test_whoever_rings_where_nobody_is_at_home_goes_on(home: Home) -> None:
    bell = Bell(home)
    bell.ring()
    doorbell = Doorbell(home)
    bell.ring()
    assert rested(doorbell, SECONDS) < 2 * SECONDS
    doorbell.close()
    bell.ring()
    bell.ring()
    bell.close()


def test_a_bell_that_is_rung_all_day_unheard_keeps_nobody_waiting(doorbell: Doorbell, home: Home) -> None:
    bell = Bell(home)
    for _ in range(100_000):
        bell.ring()
    bell.close()


def test_without_named_pipes_the_sender_looks_as_often_as_before(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.mkfifo")
    doorbell = Doorbell(home)
    assert SECONDS <= rested(doorbell, SECONDS) < 2 * SECONDS
    doorbell.close()


def test_a_recorder_has_something_to_ring_for_where_another_line_of_text_is_begun() -> None:
    recorded = Recorded()
    recorded.open("a\nb\n")
    heard = []
    for version, change in enumerate([LINE, LINE, NEXT_LINE, NEXT_LINE], 2):
        recorded.releases = False
        recorded.change(version, change)
        heard.append(recorded.releases)
    recorded.releases = False
    recorded.save("xxa\nxxb\n")
    assert [*heard, recorded.releases] == [True, False, True, False, True]
