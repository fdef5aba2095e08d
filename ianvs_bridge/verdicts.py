"""From the records of one test case to executed verdicts, saved as a run of Pairlog's own bench.

Execution belongs to the metrics and not to `predict`: the side that is measured hands in answers, and the
side that measures decides what they are worth, whoever wrote the model.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from ianvs_bridge import layout
from ianvs_bridge.record import BadRecord, from_text
from pairlog.errors import UserError
from processing.benchmark.judge import Verdict, judge
from processing.benchmark.models import Prediction
from processing.benchmark.results import Results
from processing.episodes.episode import Episode, read_episodes

_LOG = logging.getLogger("pairlog.ianvs")

#: The model's name where no record gives one.
_UNNAMED = "unnamed"


def verdicts(job: Path, rows: Sequence[str], answers: Sequence[object]) -> list[Verdict]:
    """Execute the answer to each row, in order; a row beyond the last answer has none.

    Ianvs itself keeps the scores alone, and names a folder for each test case in `RESULT_SAVED_URL`:
    answers and verdicts go there, so that a number of the rank can be traced to what is behind it.
    Raises `UserError` where the job's episodes cannot be read, or a row names none of
    them: then the folder is broken, and no score of it would mean anything.
    """
    file = job / layout.EPISODES
    episodes = {episode.id: episode for episode in read_episodes(file)}
    wanted = [_episode(row, episodes, file) for row in rows]
    predictions = _of_one_model(
        _prediction(episode.id, answer)
        for episode, answer in zip(wanted, chain(answers, repeat(None)), strict=False)
    )
    results = _results(file, predictions[0].model)
    found = []
    for episode, prediction in zip(wanted, predictions, strict=True):
        if results is not None:
            results.add_prediction(episode, prediction)
        verdict = _verdict(episode, prediction)
        if results is not None:
            results.add_verdict(prediction, verdict)
        found.append(verdict)
    return found


def _episode(row: str, episodes: Mapping[str, Episode], file: Path) -> Episode:
    name = str(json.loads(row)["episode"])
    if name not in episodes:
        raise UserError(f"episode {name} is not in {file}; export the job again")
    return episodes[name]


def _prediction(wanted: str, answer: object) -> Prediction:
    try:
        prediction = from_text(answer)
        if prediction.episode != wanted:
            raise BadRecord(f"the prediction is for another episode: {prediction.episode}")
    except BadRecord as error:
        return Prediction(episode=wanted, model="", files=None, error=str(error))
    return prediction


def _of_one_model(predictions: Iterable[Prediction]) -> list[Prediction]:
    """The predictions under one name: a test case has one model, whatever a broken record says."""
    listed = list(predictions)
    model = next((each.model for each in listed if each.model), _UNNAMED)
    return [replace(each, model=model) for each in listed]


def _results(episodes: Path, model: str) -> Results | None:
    """Where this test case is saved; None outside of Ianvs, and where it was saved before."""
    folder = os.environ.get("RESULT_SAVED_URL")
    if not folder or Results(Path(folder)).manifest.exists():
        return None
    results = Results(Path(folder))
    results.begin(episodes, [model])
    return results


def _verdict(episode: Episode, prediction: Prediction) -> Verdict:
    try:
        verdict = judge(episode, prediction)
    except Exception as error:
        # Whatever it was, the verdicts on the other episodes must not be lost to it.
        said = f"{type(error).__name__}: {error}"
        verdict = Verdict(episode=episode.id, status="error", reason=said)
    if verdict.status not in ("resolved", "failed"):
        _LOG.warning("%s: episode %s: %s", verdict.status, episode.id, verdict.reason)
    return verdict
