"""How often which of two models is preferred, over sessions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pairlog.cli import main
from processing.trajectories.model_pairs import Pair, Tally
from tests.processing.test_preferences import Compared, by_hand, left, taken, the_rival_by_hand
from tests.support.sessions import SESSION, jsonl, write_sessions


def test_wins_are_counted_for_each_pair_of_models() -> None:
    tally = Tally()
    for what in (taken, by_hand, the_rival_by_hand, left, left):
        made = Compared()
        what(made)
        tally.add(made.rows())
    (pair,) = tally.pairs()
    assert (pair.low, pair.high) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))
    assert pair == Pair(
        first="a",
        second="b",
        comparisons=5,
        first_shown=5,
        first_wins=2,
        second_wins=1,
        undecided={"turned_down": 2},
        share=2 / 3,
        low=pair.low,
        high=pair.high,
    )


def test_the_command_writes_the_rows_and_sums_them_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = Compared(), Compared(session=SESSION[:-1] + "2", use="private")
    for made in (one, other):
        taken(made)
        made.save(1)
        made.end()
    store = write_sessions(tmp_path / "store", [one, other])
    words = ["trajectories", "--from", str(store), "--out", str(tmp_path / "t")]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["preferences"]
    assert (told["file"], told["comparisons"]) == (str(tmp_path / "t" / "preferences.jsonl"), 2)
    assert [(it["first"], it["second"], it["first_wins"], it["share"]) for it in told["pairs"]] == [
        ("a", "b", 2, 1.0)
    ]
    rows = jsonl(tmp_path / "t" / "preferences.jsonl")
    assert [(row["origin"], row["use"], row["preferred"]) for row in rows] == [
        (one.session, "research", "shown"),
        (other.session, "private", "shown"),
    ]
    assert main(words) == 0
    assert "1.00 (0.34 to 1.00)" in capsys.readouterr().out
