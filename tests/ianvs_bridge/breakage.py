"""Ways to break a job folder: what the genuine Ianvs fails on, or is silently wrong about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Break = Callable[[Path], None]


def edit_yaml(name: str, change: Callable[[Any], object]) -> Break:
    def apply(job: Path) -> None:
        content = yaml.safe_load((job / name).read_text())
        change(content)
        (job / name).write_text(yaml.safe_dump(content))

    return apply


def edit_text(name: str, change: Callable[[str], str]) -> Break:
    def apply(job: Path) -> None:
        (job / name).write_text(change((job / name).read_text()))

    return apply


def remove(name: str) -> Break:
    def apply(job: Path) -> None:
        (job / name).unlink()

    return apply


def edit_row(change: Callable[[dict[str, Any]], object]) -> Break:
    def text(lines: str) -> str:
        rows = [json.loads(line) for line in lines.splitlines()]
        change(rows[0])
        return "".join(json.dumps(row) + "\n" for row in rows)

    return edit_text("test_data/data.jsonl", text)


def twin_module(job: Path) -> None:
    """Give the metrics another file of the model's base name."""
    twin = job / "more" / "pairlog_job_model.py"
    twin.parent.mkdir()
    twin.write_bytes((job / "modules/pairlog_job_metrics.py").read_bytes())
    edit_yaml("testenv.yaml", _each_metric_from("./more/pairlog_job_model.py"))(job)


def _each_metric_from(url: str) -> Callable[[Any], object]:
    def change(content: Any) -> None:
        for metric in content["testenv"]["metrics"]:
            metric["url"] = url

    return change


def _env(content: Any) -> Any:
    return content["testenv"]


def _job(content: Any) -> Any:
    return content["benchmarkingjob"]


#: By what is wrong: how to break it, and words of the complaint that both checkers must share.
BREAKAGES: dict[str, tuple[Break, str]] = {
    "train metadata missing": (remove("train_data/metadata.json"), "train_data/metadata.json"),
    "test rows missing": (remove("test_data/data.jsonl"), "data.jsonl"),
    "no test rows": (edit_text("test_data/data.jsonl", lambda _: ""), "test"),
    "a blank line": (edit_text("test_data/data.jsonl", lambda text: text + "\n"), "data.jsonl"),
    "a level missing": (edit_row(lambda row: row.pop("level_3_dim")), "level_3_dim"),
    "a query that is no text": (edit_row(lambda row: row.update(query=["x"])), "query"),
    "a module missing": (remove("modules/pairlog_job_model.py"), "pairlog_job_model.py"),
    "two modules of one name": (twin_module, "pairlog_job_model"),
    "an alias given twice": (
        edit_yaml("testenv.yaml", lambda y: _env(y)["metrics"].append(_env(y)["metrics"][0])),
        "resolved_rate",
    ),
    "an absolute path": (
        edit_yaml("benchmarkingjob.yaml", lambda y: _job(y).update(workspace="/tmp/ws")),
        "absolute",
    ),
    "sorted by an unknown metric": (
        edit_yaml("benchmarkingjob.yaml", lambda y: _job(y)["rank"].update(sort_by=[{"f1": "descend"}])),
        "sort_by",
    ),
}
