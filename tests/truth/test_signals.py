"""A small part of what `make bench` plays: each script once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth.measure import Case, misses, qualities
from tests.truth.signals import Signal, signals

QUALITY = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=signals(), ids=lambda signal: signal.name)
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Signal, list[Case]]:
    return request.param, request.param.play(tmp_path_factory.mktemp("truth"), 1)


def test_every_class_reaches_its_bars(played: tuple[Signal, list[Case]]) -> None:
    signal, compared = played
    found = {(it.kind, it.evidence): it for it in qualities(compared)}
    below = [
        found[key]
        for key, bar in signal.bars.items()
        if (found[key].precision or 0) < bar.precision or (found[key].recall or 0) < bar.recall
    ]
    assert below == []


def test_every_miss_is_listed_in_the_docs(played: tuple[Signal, list[Case]]) -> None:
    _, compared = played
    assert [miss for miss in misses(compared) if f"- {miss}" not in QUALITY] == []
