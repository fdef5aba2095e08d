"""A prediction record: a prediction as the one JSON text that Ianvs carries from `predict` to the metrics.

Ianvs hands a metric nothing but the row's `response` and this, so all that a verdict needs is in here.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from processing.benchmark.models import Prediction


class BadRecord(ValueError):
    """A prediction that is no record. The episode it stands for counts as a failure."""


def to_text(prediction: Prediction) -> str:
    """Return the record of a prediction, one line of JSON."""
    return json.dumps(asdict(prediction), ensure_ascii=False, separators=(",", ":"))


def from_text(text: object) -> Prediction:
    """Return the prediction of a record, by this or by another author.

    Only `episode` and `files` are needed of others. Raises `BadRecord` on anything else.
    """
    if not isinstance(text, str):
        raise BadRecord(f"a prediction is a {type(text).__name__}, not a JSON text")
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise BadRecord(f"a prediction is no JSON: {error}") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("episode"), str):
        raise BadRecord("a prediction names no episode")
    if "files" not in raw or not _are_files(raw["files"]):
        raise BadRecord("a prediction's files are null or a list of {path, text}")
    reason, latency = raw.get("error"), raw.get("latency_s")
    return Prediction(
        episode=raw["episode"],
        model=str(raw.get("model", "")),
        files=raw["files"],
        error=reason if isinstance(reason, str) else None,
        latency_s=latency if isinstance(latency, float | int) else None,
    )


def _are_files(files: Any) -> bool:
    return files is None or (isinstance(files, list) and all(_is_file(file) for file in files))


def _is_file(file: Any) -> bool:
    return isinstance(file, dict) and all(isinstance(file.get(key), str) for key in ("path", "text"))
