"""A bench run: each model on each episode; the answer saved, executed, the verdict saved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pairlog.position import scrub
from processing.benchmark.judge import judge
from processing.benchmark.models import Model, Prediction
from processing.benchmark.results import Results
from processing.episodes.episode import Answer, Episode, is_answer

_ERROR_CHARS_MAX = 500


def run(pairs: Iterable[tuple[Model, Episode]], results: Results) -> None:
    """Run every pair; what a model does wrong is a verdict, not an end."""
    for model, episode in pairs:
        prediction = predict(model, episode)
        results.add_prediction(episode, prediction)
        results.add_verdict(prediction, judge(episode, prediction))


def pairs(models: Sequence[Model], episodes: Sequence[Episode]) -> list[tuple[Model, Episode]]:
    """Each model with each episode, model by model."""
    return [(model, episode) for model in models for episode in episodes]


def predict(model: Model, episode: Episode) -> Prediction:
    """A model's answer with its wall time; where it raises or gives nothing usable, the error is kept."""
    started = time.perf_counter()
    try:
        files = _clean(model.predict(episode))
    except Exception as error:
        said = scrub(f"{type(error).__name__}: {error}"[:_ERROR_CHARS_MAX])
        prediction = Prediction(episode=episode.id, model=model.name, files=None, error=said)
    else:
        prediction = Prediction(episode=episode.id, model=model.name, files=files)
    return replace(prediction, latency_s=round(time.perf_counter() - started, 6))


def _clean(prediction: Prediction) -> Answer:
    """The answer alone, as text that UTF-8 can carry."""
    if not is_answer(prediction.files):
        raise ValueError(prediction.error or "an answer is a list of {path, text}")
    return [{"path": scrub(file["path"]), "text": scrub(file["text"])} for file in prediction.files]
