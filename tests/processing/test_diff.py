from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.trajectories.diff import DiffError, apply, compose, diff

LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "c\r\n", "\n", "d\r", "\u2028\n", "--- x\n", "@@ -1 +1 @@\n"])
)
TEXTS = st.builds("".join, LINES) | st.builds(lambda lines: "".join(lines) + "end", LINES)


@given(TEXTS, TEXTS)
def test_a_diff_makes_the_new_text_of_the_old_one(old: str, new: str) -> None:
    assert apply(diff(old, new, "f"), old) == new


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_diffs_compose_to_the_final_text(texts: list[str]) -> None:
    steps = [diff(old, new, "f") for old, new in zip(["", *texts], texts, strict=False)]
    assert compose(steps) == texts[-1]


def test_a_diff_is_written_as_git_writes_it() -> None:
    old = "".join(f"{n}\n" for n in range(1, 21))
    new = old.replace("2\n", "two\n", 1).replace("20\n", "20")
    assert diff(old, new, "a b.txt") == (
        "--- a/a b.txt\t\n+++ b/a b.txt\t\n"
        "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n"
        "@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+20\n\\ No newline at end of file\n"
    )


def test_a_new_file_comes_from_nothing() -> None:
    assert diff(None, "x\n", "n") == "--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"


def test_equal_texts_have_no_diff() -> None:
    assert (diff("a", "a", "f"), diff(None, "", "f"), apply("", "a")) == ("", "", "a")


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ("nonsense", "no `---`"),
        ("--- a/f\n+++ b/f\nnonsense\n", "line 3 of the diff is no hunk"),
        ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-y\n+z\n", "the hunk at line 1 does not fit"),
        ("--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-x\n", "line 5 of the diff is missing"),
        ("--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n-x\n x\n+z\n", "longer than it says"),
        ("--- a/f\n+++ b/f\n@@ -9 +9 @@\n-x\n+z\n", "the hunk at line 9 does not fit"),
    ],
)
def test_a_diff_that_does_not_fit_is_refused(patch: str, said: str) -> None:
    with pytest.raises(DiffError, match=said):
        apply(patch, "x\n")


def test_a_large_rewrite_is_one_hunk_and_quick() -> None:
    old = "".join(f"{n}\n" for n in range(5000))
    new = "".join(f"{n * 7}\n" for n in range(5000))
    patch = diff(old, new, "f")
    assert (patch.count("\n@@ "), apply(patch, old)) == (1, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, "x\ny"),
        ("x\ny", ""),
        ("a\r\nb\r\n", "a\r\nB\r\n"),
        ("a\rb\n", "a\rc\n"),
        ("x\n" * 30, "x\n" * 14 + "y\n" + "x\n" * 14 + "z"),
    ],
)
def test_git_applies_our_diffs(tmp_path: Path, old: str | None, new: str) -> None:
    file = tmp_path / 'odd "name" ü.txt'
    if old is not None:
        file.write_bytes(old.encode())
    patch = diff(old, new, file.name).encode()
    subprocess.run(
        ["git", "apply", "--unidiff-zero", "-"], cwd=tmp_path, input=patch, check=True, capture_output=True
    )
    assert file.read_bytes() == new.encode()
