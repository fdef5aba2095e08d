"""The reader finds what it looks for: a secret in lines as they are recorded is readable in each way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from lsp_server.sending.screen import Screen
from tests.lsp_server.failing_collector import serving
from tests.secrets import told, typed
from tests.secrets.capture import Capturing
from tests.secrets.planting import planting
from tests.secrets.run import Result, Scenario, longest, play


@pytest.fixture
def collector() -> Iterator[Capturing]:
    with serving(Capturing) as capturing:
        yield capturing


@pytest.mark.parametrize(
    ("scenario", "where"),
    [
        (typed.letter_by_letter, "document 1 at "),
        (typed.dragged, "document 1 "),
        (told.in_a_file, "bytes of arrival "),
        (told.printed_in_two_pieces, "run r taken together of arrival "),
        (told.in_a_commit_message, "bytes of arrival "),
        (told.in_the_rest_of_a_line, "in its place of arrival "),
    ],
    ids=lambda it: it if isinstance(it, str) else it.__name__,
)
def test_what_nobody_masks_is_found(
    scenario: Scenario, where: str, tmp_path: Path, collector: Capturing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Screen, "take", lambda _self, _line: [])
    found = play(tmp_path / "home", collector, Random(3), "github_token", scenario, Result())
    assert [it for it in found if where in it]


def test_a_planted_secret_lies_in_its_line() -> None:
    it = planting(Random(1), "github_token")
    assert it.line == it.before + it.secret + it.behind
    assert it.is_in(f"x{it.line}x")
    assert not it.is_in(it.line.replace(it.secret, "*"))


@pytest.mark.parametrize(
    ("text", "piece"), [("xx abcdefgh", "abcdefgh"), ("bcdef fgh", "bcdef"), ("abc", ""), ("", "")]
)
def test_the_longest_piece_of_a_secret_is_found(text: str, piece: str) -> None:
    assert longest("abcdefgh", text) == piece
