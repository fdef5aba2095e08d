"""An episode: one task for a model, with everything that is needed to run and judge it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeGuard

from pairlog.errors import UserError

#: A file: `path` relative to the workspace, git's `mode`, and its content as `text` or `base64`.
File: TypeAlias = dict[str, str]
#: A changed file of an answer: `path` and its whole new `text`.
Answer: TypeAlias = list[dict[str, str]]

#: Stands in every episode, so that a model that was trained on the benchmark can be found out.
CANARY = "benchmark data, never for training: pairlog canary 5d0c1f7e-6a83-4f0b-9a51-2e7b64c9d3f8"


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """What decides: all of `fail_to_pass` and `pass_to_pass` (test ids) pass after the answer.

    `command` runs them, with `python` for the sandbox's interpreter. `files` are the tests and their
    settings as they stand on the side of the human's answer; they replace whatever a model wrote there.
    """

    command: list[str]
    fail_to_pass: list[str]
    pass_to_pass: list[str]
    timeout_s: float = 60.0
    files: list[File] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One task. `id` follows from all the rest, so equal episodes have equal ids.

    `files` is the whole workspace at the cut, `context` (path to text) what of it the human had open,
    `gold` the human's answer. `seq_cut` and `seq_gold` are the runs in the session before and after it.
    `licence` is None where it is not known.
    """

    instruction: str
    context: dict[str, str]
    files: list[File]
    gold: Answer
    tests: Oracle
    project: str | None = None
    session: str | None = None
    base_commit: str | None = None
    seq_cut: int | None = None
    seq_gold: int | None = None
    use: str = "private"
    licence: str | None = None
    kind: Literal["generation"] = "generation"
    canary: str = CANARY
    id: str = ""

    def to_json(self) -> dict[str, Any]:
        """The episode as plain JSON values, its id first."""
        body = asdict(self)
        return {"id": body.pop("id"), **body}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Episode:
        """The episode that `to_json` gave. Raises ValueError where it is none, or its id does not fit."""
        try:
            episode = cls(**{**body, "tests": Oracle(**body["tests"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"no episode: {error}") from None
        if identified(episode).id != episode.id:
            raise ValueError(f"episode {episode.id} was changed after it was built")
        return episode


def identified(episode: Episode) -> Episode:
    """The episode with its id: `gen-` and 16 hexadecimal digits of the SHA-256 of everything else."""
    body = episode.to_json()
    del body["id"]
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return replace(episode, id=f"gen-{hashlib.sha256(canonical.encode()).hexdigest()[:16]}")


def file_entry(path: str, mode: str, content: bytes) -> File:
    """A file as an episode holds it: `text` where it is UTF-8, else `base64`."""
    try:
        return {"path": path, "mode": mode, "text": content.decode()}
    except UnicodeDecodeError:
        return {"path": path, "mode": mode, "base64": base64.b64encode(content).decode()}


def file_bytes(file: File) -> bytes:
    """The content of a file entry."""
    return file["text"].encode() if "text" in file else base64.b64decode(file["base64"])


def is_answer(files: object) -> TypeGuard[Answer]:
    """Whether something that a model gave has the form of an `Answer`."""
    return isinstance(files, list) and all(
        isinstance(file, dict) and isinstance(file.get("path"), str) and isinstance(file.get("text"), str)
        for file in files
    )


def read_episodes(path: Path) -> list[Episode]:
    """The episodes of a JSONL file. Raises UserError where it cannot be read, or a line is no episode."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}; `pairlog episodes build` writes such a file") from None
    episodes = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            episodes.append(Episode.from_json(json.loads(line)))
        except ValueError as error:
            raise UserError(f"{path}, line {number}: {error}; build the file again") from None
    return episodes


def write_episodes(path: Path, episodes: Iterable[Episode]) -> int:
    """Write episodes as JSONL, one a line; returns how many."""
    lines = [json.dumps(episode.to_json(), ensure_ascii=False) + "\n" for episode in episodes]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return len(lines)
