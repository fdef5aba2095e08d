"""A real repository to work in, with an identity of its own and nothing of this machine's configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.com",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.com",
    "GIT_EDITOR": "true",
}


class Shop:
    """A folder with a repository: `git` works in it, `write` changes a file, `commit` takes all of it."""

    def __init__(self, root: Path, files: dict[str, str] | None = None, *, make: bool = True) -> None:
        self.root = root
        if make:
            root.mkdir(exist_ok=True)
            self.git("init", "-q", "-b", "main")
            for path, text in (files or {"cart.py": "total = 1\n"}).items():
                self.write(path, text)
            self.commit("Begin")

    def git(self, *arguments: str, said: str = "") -> str:
        """What git prints when `said` is said to it. Raises CalledProcessError where it fails."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**os.environ, **_ENVIRONMENT},
            input=said,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def commit(self, message: str) -> str:
        """Commit all; returns the id."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.head

    def branches(self, count: int) -> None:
        """Make so many branches at the head."""
        head = self.head
        for number in range(count):
            self.write(f".git/refs/heads/shelf{number:03}", f"{head}\n")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")
