"""What is wrong with a job folder, found by reading it. Most of these Ianvs itself passes over in silence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ianvs_bridge import layout

_METADATA_KEYS = ("dataset", "description", "level_1_dim", "level_2_dim")
_ROW_KEYS = ("query", "response", "level_3_dim", "level_4_dim")


def problems(folder: Path) -> list[str]:
    """Return one line per problem; an empty list where the job will run."""
    try:
        return list(_problems(folder))
    except (OSError, ValueError, yaml.YAMLError) as error:
        return [" ".join(str(error).split())]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        return [f"not as a job's files are built: {type(error).__name__} {error}"]


def _problems(folder: Path) -> Iterator[str]:
    job = _yaml(folder / layout.JOB)["benchmarkingjob"]
    env = _yaml(folder / job["testenv"])["testenv"]
    urls = [job["testenv"], job["workspace"]]
    modules = [metric["url"] for metric in env["metrics"]]
    aliases = [metric["name"] for metric in env["metrics"]]
    for entry in job["test_object"]["algorithms"]:
        algorithm = _yaml(folder / entry["url"])["algorithm"]
        urls.append(entry["url"])
        modules += [module["url"] for module in algorithm["modules"]]
        aliases += [module["name"] for module in algorithm["modules"]]
    dataset = env["dataset"]
    infos = [dataset["train_data_info"], dataset["test_data_info"]]
    yield from _paths(folder, [*urls, *modules, *infos], [*modules, *infos])
    yield from _names(modules, aliases)
    yield from _rank(job["rank"], {metric["name"] for metric in env["metrics"]})
    train_ids = yield from _rows(folder, infos[0])
    test_ids = yield from _rows(folder, infos[1])
    if not test_ids:
        yield f"{infos[1]}: no test rows"
    yield from _episodes(folder, train_ids + test_ids)


def _paths(folder: Path, urls: list[str], needed: list[str]) -> Iterator[str]:
    for url in urls:
        if PurePosixPath(url).is_absolute() or url.startswith("~"):
            yield f"{url}: an absolute path; the folder could not be moved"
    for url in dict.fromkeys(needed):
        if not (folder / url).is_file():
            yield f"{url}: no such file"


def _names(modules: list[str], aliases: list[str]) -> Iterator[str]:
    bases = Counter(PurePosixPath(url).name for url in set(modules))
    for base, count in bases.items():
        if count > 1:
            yield f"{base}: two modules of this name; Ianvs would run the first one twice"
    for alias, count in Counter(aliases).items():
        if count > 1:
            yield f"{alias}: registered twice; the later would replace the earlier"


def _rank(rank: dict[str, Any], metrics: set[str]) -> Iterator[str]:
    for entry in rank["sort_by"]:
        for name in entry:
            if name not in metrics:
                yield f"sort_by {name}: not a metric of this job; Ianvs would not sort"


def _rows(folder: Path, info: str) -> Generator[str, None, list[str]]:
    """Yield the problems of one part of the data; return its episodes' ids."""
    metadata = json.loads((folder / info).read_text(encoding="utf-8"))
    if PurePosixPath(info).name != layout.METADATA:
        yield f"{info}: must be called {layout.METADATA}"
    for key in _METADATA_KEYS:
        if key not in metadata:
            yield f"{info}: no {key}"
    rows = (folder / info).with_name(layout.ROWS)
    ids: list[str] = []
    for number, line in enumerate(rows.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        where = f"{rows.relative_to(folder)} line {number}"
        try:
            row = json.loads(line)
            ids.append(json.loads(row["response"])["episode"])
        except (ValueError, KeyError, TypeError):
            yield f"{where}: no row with an episode in its response"
            continue
        yield from (f"{where}: {key} is no text" for key in _ROW_KEYS if not _is_text(row, key))
    return ids


def _is_text(row: dict[str, Any], key: str) -> bool:
    return isinstance(row.get(key), str)


def _episodes(folder: Path, wanted: list[str]) -> Iterator[str]:
    there = set()
    with (folder / layout.EPISODES).open(encoding="utf-8") as lines:
        for line in lines:
            there.add(json.loads(line)["id"])
    for episode in wanted:
        if episode not in there:
            yield f"{layout.EPISODES}: episode {episode} is missing"


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
