from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pairlog.errors import UserError
from processing.episodes.episode import (
    Episode,
    file_bytes,
    file_entry,
    identified,
    read_episodes,
    write_episodes,
)


def test_episodes_survive_the_way_through_a_file(tmp_path: Path, episode: Episode) -> None:
    other = identified(replace(episode, instruction="Naïve\u2028🎻"))
    assert write_episodes(tmp_path / "e.jsonl", [episode, other]) == 2
    assert read_episodes(tmp_path / "e.jsonl") == [episode, other]


def test_the_id_follows_from_the_content(episode: Episode) -> None:
    assert identified(episode).id == episode.id
    assert identified(replace(episode, instruction="other")).id != episode.id


def test_an_episode_that_was_changed_by_hand_is_refused(tmp_path: Path, episode: Episode) -> None:
    write_episodes(tmp_path / "e.jsonl", [episode, replace(episode, instruction="other")])
    with pytest.raises(UserError, match=r"line 2: episode gen-\w+ was changed after it was built"):
        read_episodes(tmp_path / "e.jsonl")


@pytest.mark.parametrize("line", ["{", "{}", "[]", "1", '{"tests": 1}'])
def test_a_line_that_is_no_episode_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "e.jsonl").write_text(line + "\n")
    with pytest.raises(UserError, match=r"e\.jsonl, line 1: "):
        read_episodes(tmp_path / "e.jsonl")


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="`pairlog episodes build`"):
        read_episodes(tmp_path / "none.jsonl")


@pytest.mark.parametrize("content", [b"", b"text\r\n", b"\xff\xfe\x00", "🎻".encode()])
def test_every_content_of_a_file_survives(content: bytes) -> None:
    assert file_bytes(file_entry("f", "100644", content)) == content
