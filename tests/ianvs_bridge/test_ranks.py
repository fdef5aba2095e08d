"""Old ranks are put aside, since Ianvs would mix their rows with the new ones."""

from __future__ import annotations

import os
from pathlib import Path

from ianvs_bridge.ranks import set_aside_old_ranks


def make_rank(job: Path, text: str) -> Path:
    rank = job / "workspace/pairlog-1/rank"
    rank.mkdir(parents=True)
    (rank / "all_rank.csv").write_text(text)
    os.utime(rank, (1_000_000_000, 1_000_000_000))
    return rank


def test_an_old_rank_is_renamed_to_the_time_it_was_written(tmp_path: Path) -> None:
    make_rank(tmp_path, "old")

    (moved,) = set_aside_old_ranks(tmp_path)

    assert moved == tmp_path / "workspace/pairlog-1/rank-20010909T014640Z"
    assert (moved / "all_rank.csv").read_text() == "old"


def test_two_old_ranks_of_one_second_are_both_kept(tmp_path: Path) -> None:
    make_rank(tmp_path, "older")
    set_aside_old_ranks(tmp_path)
    make_rank(tmp_path, "old")

    (moved,) = set_aside_old_ranks(tmp_path)

    assert moved.name == "rank-20010909T014640Z-2"


def test_a_job_that_never_ran_has_none(tmp_path: Path) -> None:
    assert set_aside_old_ranks(tmp_path) == []
