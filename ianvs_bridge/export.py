"""`pairlog ianvs export`: writes a job folder, or nothing at all."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ianvs_bridge import layout
from ianvs_bridge.job import Job, build
from ianvs_bridge.prompt import CHARS_MAX, CHARS_MAX_FLOOR
from pairlog.errors import UserError
from processing.benchmark.models import model
from processing.episodes.episode import Episode, read_episodes

#: The ceiling and the floor of every leaderboard: the human's own answer, and no change at all.
BASELINES = ("human", "base")
_BYTES_PER_CHAR = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    parser.add_argument("episodes", type=Path, metavar="EPISODES", help="a file of episodes (JSONL)")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="the new job folder")
    parser.add_argument(
        "--model",
        dest="models",
        action="append",
        metavar="SPEC",
        help="a model of the bench; once per row of the leaderboard (default: human and base)",
    )
    parser.add_argument(
        "--chars-max",
        type=int,
        default=CHARS_MAX,
        metavar="N",
        help="longest question in characters, cut beyond (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.set_defaults(run=_run)


def export(episodes_file: Path, out: Path, models: Sequence[str], chars_max: int) -> Job:
    """Write the job folder for a file of episodes, and return what was written.

    Raises `UserError` before anything is written where the episodes, the models or the folder do not fit.
    """
    if chars_max < CHARS_MAX_FLOOR:
        raise UserError(f"too few characters: --chars-max {chars_max}; give at least {CHARS_MAX_FLOOR}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"will not overwrite: {out}; name a folder that is new or empty")
    _check_models(models)
    episodes = _read(episodes_file)
    content = episodes_file.read_bytes()
    job = build(episodes, hashlib.sha256(content).hexdigest(), models, chars_max)
    contents = {path: text.encode("utf-8", "replace") for path, text in job.texts.items()}
    _write(out, {**contents, layout.EPISODES: content})
    return job


def _run(args: argparse.Namespace) -> int:
    job = export(args.episodes, args.out, args.models or BASELINES, args.chars_max)
    rows = job.texts[f"{layout.TEST}/{layout.ROWS}"].count("\n")
    megabytes = rows * job.query_chars_max * _BYTES_PER_CHAR / 1e6
    if args.json:
        facts = {"job": job.name, "out": str(args.out), "episodes": rows, "cut": job.cut}
        print(json.dumps({**facts, "query_chars_max": job.query_chars_max}))
        return 0
    print(f"wrote {args.out}: job {job.name}, episodes: {rows}, context cut to fit: {job.cut}")
    print(f"longest question: {job.query_chars_max} characters; in Ianvs' arrays: {megabytes:.1f} MB")
    print(f"run it: cd {args.out} && ianvs -f {layout.JOB}")
    return 0


def _write(out: Path, contents: Mapping[str, bytes]) -> None:
    try:
        for path, content in contents.items():
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except OSError as error:
        raise UserError(f"cannot write to {out}: {error.strerror}; name another folder") from None


def _check_models(models: Sequence[str]) -> None:
    twice = [spec for spec, count in Counter(models).items() if count > 1]
    if twice:
        raise UserError(f"a model given twice: {twice[0]}; its rows could not be told apart")
    for spec in models:
        model(spec)


def _read(path: Path) -> list[Episode]:
    episodes = read_episodes(path)
    if not episodes:
        raise UserError(f"no episodes: {path}; Ianvs reports success on an empty set, so none is written")
    twice = [name for name, count in Counter(each.id for each in episodes).items() if count > 1]
    if twice:
        raise UserError(f"an episode twice: {path}, {twice[0]}; keep one of them")
    return episodes
