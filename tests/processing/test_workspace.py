from __future__ import annotations

import os
from pathlib import Path

import pytest

from processing.episodes.workspace import BadWorkspace, lay


def test_files_are_laid_with_their_modes_and_links(tmp_path: Path) -> None:
    lay(
        tmp_path / "w",
        {"a/run": (b"x", "100755"), "a/text": (b"y", "100644"), "link": (b"a/text", "120000")},
    )
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "w" / "a").iterdir()}
    assert found == {"run": 0o755, "text": 0o644}
    assert (tmp_path / "w" / "link").read_bytes() == b"y"


def test_another_user_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        lay(tmp_path / "w", {"a/b/c": (b"x", "100644")})
    finally:
        os.umask(before)
    places = [tmp_path / "w", *(tmp_path / "w").rglob("*")]
    assert [oct(place.stat().st_mode & 0o777) for place in places] == ["0o755"] * 3 + ["0o644"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", ".", "a//b", "./a", "a\0b"])
def test_a_path_that_is_not_plainly_inside_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadWorkspace):
        lay(tmp_path / "w", {path: (b"", "100644")})
    assert [file.name for file in tmp_path.iterdir()] == ["w"]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with pytest.raises(BadWorkspace):
        lay(tmp_path / "w", {"l": (str(outside).encode(), "120000"), "l/x": (b"", "100644")})
    assert list(outside.iterdir()) == []


def test_a_file_cannot_stand_where_a_folder_is(tmp_path: Path) -> None:
    with pytest.raises(BadWorkspace, match="cannot stand beside each other"):
        lay(tmp_path / "w", {"a": (b"", "100644"), "a/b": (b"", "100644")})
