"""A bench run on disk: `manifest.json`, `predictions.jsonl` and `verdicts.jsonl`.

Each prediction is on disk before it is executed, each verdict before any is counted, so that a report can be
made again, and a crash loses no answer that was paid for.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pairlog import __version__
from pairlog.errors import UserError
from processing.benchmark.judge import Verdict
from processing.benchmark.models import Prediction
from processing.episodes import sandbox
from processing.episodes.episode import Episode
from processing.trajectories.diff import diff


@dataclass(frozen=True)
class Results:
    """The files of one run, in `folder`."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """What was run, when, with which versions."""
        return self.folder / "manifest.json"

    @property
    def predictions(self) -> Path:
        """The answers, a line each, in SWE-bench's names with ours beside them."""
        return self.folder / "predictions.jsonl"

    @property
    def verdicts(self) -> Path:
        """What became of each answer."""
        return self.folder / "verdicts.jsonl"

    def begin(self, episodes: Path, models: Sequence[str]) -> None:
        """Make the folder and its manifest. Raises UserError where a run is there already."""
        if self.manifest.exists():
            raise UserError(f"{self.folder} holds a run already; give --out another folder")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.manifest.write_text(json.dumps(_circumstances(episodes, models), indent=2) + "\n")
        except OSError as error:
            raise UserError(f"cannot write to {self.folder}: {error.strerror}") from None

    def add_prediction(self, episode: Episode, prediction: Prediction) -> None:
        """Append an answer."""
        row = {
            "instance_id": prediction.episode,
            "model_name_or_path": prediction.model,
            "model_patch": patch(episode, prediction),
            "files": prediction.files,
            "error": prediction.error,
            "latency_s": prediction.latency_s,
        }
        _append(self.predictions, row)

    def add_verdict(self, prediction: Prediction, verdict: Verdict) -> None:
        """Append what became of an answer."""
        _append(
            self.verdicts,
            {"instance_id": verdict.episode, "model_name_or_path": prediction.model, **asdict(verdict)},
        )

    def read(self) -> dict[str, list[tuple[Verdict, float | None]]]:
        """For each model its verdicts, with the latencies of its predictions beside them.

        Raises UserError where there is no run, or its files do not fit.
        """
        if not self.manifest.exists():
            raise UserError(f"no run in {self.folder}; `pairlog bench run` writes one")
        models: list[str] = json.loads(self.manifest.read_text())["models"]
        latencies = {_key(row): row["latency_s"] for row in _rows(self.predictions)}
        found: dict[str, list[tuple[Verdict, float | None]]] = {model: [] for model in models}
        for row in _rows(self.verdicts):
            verdict = Verdict(
                episode=row["episode"],
                status=row["status"],
                passed=row["passed"],
                failed=row["failed"],
                duration_s=row["duration_s"],
                reason=row["reason"],
            )
            found.setdefault(row["model_name_or_path"], []).append((verdict, latencies[_key(row)]))
        return found


def patch(episode: Episode, prediction: Prediction) -> str | None:
    """An answer as one unified diff against the episode's workspace; None where there is no answer."""
    if prediction.files is None:
        return None
    before = {file["path"]: file.get("text", "") for file in episode.files}
    return "".join(diff(before.get(file["path"]), file["text"], file["path"]) for file in prediction.files)


def _circumstances(episodes: Path, models: Sequence[str]) -> dict[str, Any]:
    return {
        "begun_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "pairlog": __version__,
        "python": platform.python_version(),
        "pytest": _version("pytest"),
        "platform": f"{sys.platform} {platform.machine()}",
        "sandbox": sandbox.available() or "bubblewrap",
        "episodes": episodes.name,
        "episodes_sha256": hashlib.sha256(episodes.read_bytes()).hexdigest(),
        "models": list(models),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _append(file: Path, row: dict[str, Any]) -> None:
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    with file.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield json.loads(line)
            except ValueError:
                raise UserError(f"{file}, line {number} is no JSON; run the benchmark again") from None


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["instance_id"], row["model_name_or_path"]
