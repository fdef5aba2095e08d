from __future__ import annotations

from pairlog.line import decode
from processing.episodes.disk import read_disk
from tests.support.sessions import SessionBuilder


def on_disk(made: SessionBuilder, seq: int, saw: dict[int, int] | None = None) -> dict[str, bytes]:
    """The files that a run at this line finds."""
    disk = read_disk([decode(line) for line in made.lines], made.blob_of)
    files = disk.at(seq, saw)
    assert files is not None
    return {path: content for path, (content, _) in files.items()}


def test_a_file_that_a_program_changed_is_there_as_it_left_it() -> None:
    made = SessionBuilder()
    made.workspace({"a.py": "old\n"})
    made.open(1, "a.py", "old\n", source="git")
    before = made.add("focus", focused=False)
    made.edit(1, (0, 0, 0, 3, "new"), cause="external")
    made.open(2, "b.py", "made\n", source="disk")
    end = made.add("focus", focused=True)
    assert on_disk(made, before) == {"a.py": b"old\n"}
    assert on_disk(made, end) == {"a.py": b"new\n", "b.py": b"made\n"}


def test_the_line_that_a_run_saw_stands_also_where_the_manifest_was_read_later() -> None:
    made = SessionBuilder()
    made.open(1, "a.py", "old\n")
    seen = made.save(1)
    made.type(1, 0, 0, "x")
    made.save(1)
    made.workspace({"a.py": "xold\n", "b.py": "made\n"})
    end = made.add("focus", focused=True)
    assert on_disk(made, end) == {"a.py": b"xold\n", "b.py": b"made\n"}
    assert on_disk(made, end, {1: seen}) == {"a.py": b"old\n", "b.py": b"made\n"}


def test_a_run_that_saw_nothing_saved_finds_what_the_manifest_has() -> None:
    made = SessionBuilder()
    made.workspace({"a.py": "old\n"})
    made.open(1, "a.py", "old\n")
    made.type(1, 0, 0, "x")
    made.save(1)
    end = made.add("focus", focused=True)
    assert on_disk(made, end) == {"a.py": b"xold\n"}
    assert on_disk(made, end, {}) == {"a.py": b"old\n"}


def test_what_the_editor_read_anew_is_on_disk_before_anybody_saves() -> None:
    made = SessionBuilder()
    made.workspace({"a.py": "old\n"})
    made.open(1, "a.py", "old\n")
    read_anew = made.edit(1, (0, 0, -1, 0, "new\n"), cause=None, evidence=None)
    made.type(1, 0, 0, "x")
    made.add("attribution", of=read_anew, cause="external", evidence="observed", rule="reloaded")
    end = made.add("focus", focused=True)
    assert on_disk(made, end) == {"a.py": b"new\n"}
