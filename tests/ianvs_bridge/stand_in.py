"""A small stand-in for Ianvs: the contract of single-task jobs, enforced. Not Ianvs, and nothing of it.

Written from the contract alone (docs/ianvs.md), and independent of `ianvs_bridge`, which it must be able to
contradict. Where the genuine one is silent and goes wrong, this one refuses: unknown keys, an empty test
set, blank lines, twin module names or aliases, absolute paths, a score that is no number, an old rank.

Run as a program it takes the same call: `python stand_in.py -f benchmarkingjob.yaml`, from inside the folder.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import json
import math
import os
import sys
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import numpy
import yaml

Registry = dict[tuple[str, str], Any]

_JOB_KEYS = {"name", "workspace", "testenv", "test_object", "rank"}
_ALGORITHM_KEYS = {"paradigm_type", "modules"}
_MODULE_KEYS = {"type", "name", "url", "hyperparameters"}
_RANK_KEYS = {"sort_by", "visualization", "selected_dataitem", "save_mode"}
_METADATA_KEYS = ("dataset", "description", "level_1_dim", "level_2_dim")
_ROW_KEYS = {"query", "response", "level_3_dim", "level_4_dim"}
_OPTIONAL_ROW_KEYS = {"prompt", "explanation", "judge_prompt"}


class Refused(Exception):
    """The job breaks the contract; the genuine one would fail on it, or be silently wrong."""


@dataclass
class Rows:
    """One part of the data, as a model's `predict` gets it."""

    x: Any
    y: Any
    explanation: Any
    judge_prompts: Any
    level_3: Any
    level_4: Any

    def __len__(self) -> int:
        return len(self.x)


@dataclass
class Modules:
    """Loads a job's modules by base name, as one flat namespace, and hands out what they registered."""

    registry: Registry
    loaded: dict[str, str] = field(default_factory=dict)

    def get(self, url: str, alias: str) -> Any:
        base = PurePosixPath(url).stem
        if base not in self.loaded:
            _expect(base not in sys.modules, f"a module called {base} is already loaded")
            path = Path(_local(url))
            sys.path.insert(0, str(path.parent.resolve()))
            try:
                importlib.import_module(base)
            finally:
                sys.path.pop(0)
            self.loaded[base] = url
        _expect(self.loaded[base] == url, f"two modules are called {base}")
        _expect(("general", alias) in self.registry, f"{url} does not register {alias}")
        return self.registry["general", alias]


def run(job_file: str) -> list[dict[str, str]]:
    """Run a job from the working directory; return the rows of its rank as they were written."""
    job = _yaml(job_file)["benchmarkingjob"]
    _closed(job, _JOB_KEYS, "benchmarkingjob")
    _closed(job["rank"], _RANK_KEYS, "rank")
    env = _yaml(job["testenv"])["testenv"]
    metrics = [(metric["name"], metric["url"]) for metric in env["metrics"]]
    _distinct([name for name, _ in metrics], "metric")
    for entry in job["rank"]["sort_by"]:
        _expect(next(iter(entry)) in dict(metrics), f"sort_by an unknown metric: {entry}")
    train = read_rows(env["dataset"]["train_data_info"])
    test = read_rows(env["dataset"]["test_data_info"])
    _expect(len(test) > 0, "an empty test set")
    _expect(not PurePosixPath(job["workspace"]).is_absolute(), "an absolute workspace")
    workspace = Path(job["workspace"]) / job["name"]
    with _sedna() as registry:
        modules = Modules(registry)
        results = [
            _run_case(algorithm, case, modules, metrics, train, test, workspace)
            for algorithm in job["test_object"]["algorithms"]
            for case in _cases(algorithm["url"])
        ]
    return _write_rank(results, job["rank"], workspace / "rank")


def read_rows(info: str) -> Rows:
    """Read one part of the data, `metadata.json` and the `data.jsonl` beside it."""
    path = Path(_local(info))
    _expect(path.name == "metadata.json", f"{info}: only metadata.json tells this format")
    metadata = json.loads(path.read_text(encoding="utf-8"))
    for key in _METADATA_KEYS:
        _expect(isinstance(metadata.get(key), str), f"{info}: no {key}")
    _expect(path.with_name("data.jsonl").is_file(), f"{info}: no data.jsonl beside it")
    lines = path.with_name("data.jsonl").read_text(encoding="utf-8").split("\n")
    _expect(lines[-1] == "", f"{info}: data.jsonl does not end with a line break")
    rows = [_row(line, info) for line in lines[:-1]]
    column: Callable[[str], Any] = lambda key: numpy.array([row.get(key, "") for row in rows])  # noqa: E731
    return Rows(
        x=numpy.array([row.get("prompt", "") + row["query"] for row in rows]),
        y=column("response"),
        explanation=column("explanation"),
        judge_prompts=column("judge_prompt"),
        level_3=column("level_3_dim"),
        level_4=column("level_4_dim"),
    )


def _row(line: str, where: str) -> dict[str, str]:
    _expect(line.strip() != "", f"{where}: a blank line in data.jsonl")
    row = json.loads(line)
    _expect(set(row) >= _ROW_KEYS, f"{where}: a row without {sorted(_ROW_KEYS - set(row))}")
    _closed(row, _ROW_KEYS | _OPTIONAL_ROW_KEYS, f"{where}: row")
    for key, value in row.items():
        _expect(isinstance(value, str), f"{where}: {key} is no string")
        _expect(not value.endswith("\0"), f"{where}: {key} ends in a NUL, which an array drops")
    return dict(row)


def _cases(url: str) -> Iterator[dict[str, Any]]:
    algorithm = _yaml(url)["algorithm"]
    _closed(algorithm, _ALGORITHM_KEYS, "algorithm")
    _expect(algorithm["paradigm_type"] == "singletasklearning", "a paradigm other than single task")
    _expect(len(algorithm["modules"]) == 1, "a single task has one module")
    module = algorithm["modules"][0]
    _closed(module, _MODULE_KEYS, "module")
    _expect(module["type"] == "basemodel", "a single task has a basemodel")
    entries = [next(iter(entry.items())) for entry in module.get("hyperparameters", [])]
    _distinct([name for name, _ in entries], "hyperparameter")
    for values in itertools.product(*(entry["values"] for _, entry in entries)):
        yield {**module, "hyperparameters": dict(zip([name for name, _ in entries], values, strict=True))}


def _run_case(
    algorithm: Mapping[str, str],
    module: Mapping[str, Any],
    modules: Modules,
    metrics: list[tuple[str, str]],
    train: Rows,
    test: Rows,
    workspace: Path,
) -> dict[str, Any]:
    output = workspace / algorithm["name"] / str(uuid.uuid4())
    model = modules.get(module["url"], module["name"])(**module["hyperparameters"])
    _expect(model.preprocess() is None, "preprocess returned something, and would be called twice")
    model.train(train)
    saved = model.save(str(output / "output/train/"))
    _expect(saved is None or isinstance(saved, str), "save returned neither None nor a path")
    os.environ["RESULT_SAVED_URL"] = str(output / "output/inference/")
    model.load(saved or "")
    predictions = model.predict(test)
    _expect(isinstance(predictions, list), "predict did not return a list")
    _expect(all(type(each) is str for each in predictions), "a prediction is not a JSON text")
    scores = {name: _score(modules.get(url, name), name, test.y, predictions) for name, url in metrics}
    return {
        "algorithm": algorithm["name"],
        **scores,
        "paradigm": "singletasklearning",
        "basemodel": module["name"],
        **{f"basemodel-{name}": value for name, value in module["hyperparameters"].items()},
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        "url": str(output),
    }


def _score(metric: Callable[[Any, Any], Any], name: str, y_true: Any, y_pred: Any) -> float:
    score = metric(y_true, y_pred)
    _expect(type(score) in (int, float), f"metric {name} returned {score!r}, not a number")
    _expect(not math.isinf(score), f"metric {name} is infinite")
    return float(score)


def _write_rank(results: list[dict[str, Any]], rank: Mapping[str, Any], folder: Path) -> list[dict[str, str]]:
    _expect(not folder.exists(), "an old rank, to which the genuine one would append")
    for entry in reversed(rank["sort_by"]):
        (metric, order), *_ = entry.items()
        sign = 1 if order == "ascend" else -1
        results.sort(key=lambda row: (math.isnan(row[metric]), sign * row[metric]))
    chosen = rank["selected_dataitem"]["metrics"]
    _expect(chosen != ["all"], "metrics: [all] gives columns whose order changes from run to run")
    folder.mkdir(parents=True)
    columns = ["rank", *results[0]]
    for name in ("all_rank.csv", "selected_rank.csv"):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({"rank": place, **row} for place, row in enumerate(results, start=1))
    with (folder / "selected_rank.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def _sedna() -> Iterator[Registry]:
    """Put a registry where the job's modules look for Sedna's, and take both away again."""
    registry: Registry = {}

    class ClassType:
        GENERAL = "general"

    class ClassFactory:
        @staticmethod
        def register(type_name: str = "general", alias: str | None = None) -> Callable[[Any], Any]:
            def wrap(registered: Any) -> Any:
                name = alias or registered.__name__
                _expect((type_name, name) not in registry, f"{name} is registered twice")
                registry[type_name, name] = registered
                return registered

            return wrap

    factory = types.ModuleType("sedna.common.class_factory")
    vars(factory).update(ClassType=ClassType, ClassFactory=ClassFactory)
    before, environment = set(sys.modules), dict(os.environ)
    for name in ("sedna", "sedna.common"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[factory.__name__] = factory
    try:
        yield registry
    finally:
        os.environ.clear()
        os.environ.update(environment)
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "sedna" or _is_below(sys.modules[name], Path.cwd()):
                del sys.modules[name]


def _is_below(module: types.ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)


def _yaml(url: str) -> Any:
    return yaml.safe_load(Path(_local(url)).read_text(encoding="utf-8"))


def _local(url: str) -> str:
    _expect(not PurePosixPath(url).is_absolute(), f"{url}: an absolute path")
    _expect(not url.startswith("~"), f"{url}: nobody expands ~")
    _expect(Path(url).is_file(), f"{url}: no such file")
    return url


def _closed(mapping: Mapping[str, Any], known: set[str], where: str) -> None:
    _expect(set(mapping) <= known, f"{where}: unknown keys {sorted(set(mapping) - known)}")


def _distinct(names: list[str], what: str) -> None:
    _expect(len(set(names)) == len(names), f"a {what} given twice: {names}")


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise Refused(message)


if __name__ == "__main__":
    for row in run(sys.argv[sys.argv.index("-f") + 1]):
        print(json.dumps(row))
