"""A job folder as texts: from episodes to every file that Ianvs needs. Pure; `export` writes it down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

import pairlog
from ianvs_bridge import layout
from ianvs_bridge.prompt import ANSWER_FORMAT, query
from processing.episodes.episode import Episode

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Job:
    """The texts of a job folder by path, and what a reader should know of it.

    `query_chars_max` is the longest row's question; `cut` counts the rows whose context did not fit.
    """

    name: str
    texts: dict[str, str]
    query_chars_max: int
    cut: int


def build(episodes: Sequence[Episode], sha256: str, models: Sequence[str], chars_max: int) -> Job:
    """Return the job that runs `models` over `episodes`, whose file has this hash.

    The name carries the hash, so that scores of other data never share a leaderboard.
    """
    name = f"pairlog-{sha256[:12]}"
    rows = [_row(episode, chars_max) for episode in episodes]
    cut = sum(1 for row in rows if json.loads(row["explanation"])["left_out_chars"])
    longest = max(len(row["prompt"]) + len(row["query"]) for row in rows)
    texts = {
        layout.JOB: _yaml(_benchmarking_job(name)),
        layout.TEST_ENV: _yaml(_test_env()),
        layout.ALGORITHM: _yaml(_algorithm(models)),
        f"{layout.TRAIN}/{layout.METADATA}": _json(_metadata("No rows: the models are not trained.")),
        f"{layout.TRAIN}/{layout.ROWS}": "",
        f"{layout.TEST}/{layout.METADATA}": _json(_metadata(f"Episodes of Pairlog: {len(rows)}.")),
        f"{layout.TEST}/{layout.ROWS}": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        layout.MODEL_MODULE: _template("model.py.txt", alias=layout.MODEL_ALIAS),
        layout.METRICS_MODULE: _template("metrics.py.txt"),
        layout.README: _template(
            "README.md.txt",
            name=name,
            episodes=len(rows),
            models=", ".join(models),
            sha256=sha256,
            version=pairlog.__version__,
            uses=_counts(Counter(episode.use for episode in episodes)),
            chars_max=chars_max,
            cut=cut,
        ),
    }
    return Job(name=name, texts=texts, query_chars_max=longest, cut=cut)


def _row(episode: Episode, chars_max: int) -> dict[str, str]:
    asked = query(episode.instruction, episode.context, chars_max - len(ANSWER_FORMAT))
    return {
        "prompt": ANSWER_FORMAT,
        "query": asked.text,
        # The metrics see nothing of a row but this.
        "response": json.dumps({"episode": episode.id}),
        # The model sees this beside the question.
        "explanation": json.dumps({"episode": episode.id, "left_out_chars": asked.left_out}),
        "level_3_dim": episode.kind,
        "level_4_dim": episode.project or "unknown",
    }


def _benchmarking_job(name: str) -> dict[str, Any]:
    return {
        "benchmarkingjob": {
            "name": name,
            "workspace": f"./{layout.WORKSPACE}",
            "testenv": f"./{layout.TEST_ENV}",
            "test_object": {
                "type": "algorithms",
                "algorithms": [{"name": "pairlog_bench", "url": f"./{layout.ALGORITHM}"}],
            },
            "rank": {
                "sort_by": [{layout.METRICS[0]: "descend"}],
                "visualization": {"mode": "selected_only", "method": "print_table"},
                # Named one by one: with `all`, the order of the columns changes from run to run.
                "selected_dataitem": {
                    "paradigms": ["all"],
                    "modules": ["all"],
                    "hyperparameters": ["all"],
                    "metrics": list(layout.METRICS),
                },
                "save_mode": "selected_and_all",
            },
        }
    }


def _test_env() -> dict[str, Any]:
    return {
        "testenv": {
            "dataset": {
                "train_data_info": f"./{layout.TRAIN}/{layout.METADATA}",
                "test_data_info": f"./{layout.TEST}/{layout.METADATA}",
            },
            "metrics": [{"name": name, "url": f"./{layout.METRICS_MODULE}"} for name in layout.METRICS],
        }
    }


def _algorithm(models: Sequence[str]) -> dict[str, Any]:
    return {
        "algorithm": {
            "paradigm_type": "singletasklearning",
            "modules": [
                {
                    "type": "basemodel",
                    "name": layout.MODEL_ALIAS,
                    "url": f"./{layout.MODEL_MODULE}",
                    "hyperparameters": [{"model": {"values": list(models)}}],
                }
            ],
        }
    }


def _metadata(description: str) -> dict[str, str]:
    return {
        "dataset": "pairlog",
        "description": description,
        "level_1_dim": "software engineering",
        "level_2_dim": "code generation",
    }


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counter.items()))


def _yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _template(template: str, **values: object) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return Template(text).substitute({key: str(value) for key, value in values.items()})
