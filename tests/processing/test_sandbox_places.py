"""The sandbox finds the interpreter wherever a checkout and its environment lie."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from processing.episodes.sandbox import available

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(available() is not None, reason=f"no sandbox here: {available()}")
def test_an_environment_below_tmp_which_is_a_folder_in_memory_inside() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        venv.create(Path(folder) / "venv", with_pip=False)
        python = Path(folder) / "venv" / "bin" / "python"
        packages = next(path for path in sys.path if path.endswith("site-packages"))
        done = subprocess.run(
            [python, "-c", "from processing.episodes.sandbox import available; print(available())"],
            env={"PYTHONPATH": f"{ROOT}:{packages}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("None\n", "")
