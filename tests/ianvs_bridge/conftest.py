"""Episodes to export, and a job folder exported from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ianvs_bridge.export import BASELINES, export
from ianvs_bridge.prompt import CHARS_MAX
from processing.episodes.episode import Episode, Oracle, identified, write_episodes

BUGGY = "def add(a, b):\n    return a - b\n"
FIXED = "def add(a, b):\n    return a + b\n"
TEST = "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"


def make_episode(instruction: str = "Make the failing test pass.") -> Episode:
    """An episode that pytest can run."""
    return identified(
        Episode(
            instruction=instruction,
            context={"calc.py": BUGGY},
            files=[
                {"path": "calc.py", "mode": "100644", "text": BUGGY},
                {"path": "test_calc.py", "mode": "100644", "text": TEST},
            ],
            gold=[{"path": "calc.py", "text": FIXED}],
            tests=Oracle(
                command=["python", "-m", "pytest", "test_calc.py"],
                fail_to_pass=["test_calc.py::test_add"],
                pass_to_pass=[],
                files=[{"path": "test_calc.py", "mode": "100644", "text": TEST}],
            ),
            project="calc",
            use="public",
        )
    )


#: The two episodes of every job here.
EPISODES = (make_episode("Make the failing test pass."), make_episode("Mend the sum."))
FIRST, SECOND = (episode.id for episode in EPISODES)


@pytest.fixture
def episodes_file(tmp_path: Path) -> Path:
    path = tmp_path / "episodes.jsonl"
    write_episodes(path, EPISODES)
    return path


@pytest.fixture
def job(tmp_path: Path, episodes_file: Path) -> Path:
    """A job folder with two episodes and the two baselines."""
    export(episodes_file, tmp_path / "job", BASELINES, CHARS_MAX)
    return tmp_path / "job"
