"""A bench run: each model on each episode; the answer saved, executed, the verdict saved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from processing.benchmark.judge import judge
from processing.benchmark.models import Model, Prediction
from processing.benchmark.results import Results
from processing.episodes.episode import Episode

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
    """A model's answer with its wall time; one that raises gives none, and its error is kept."""
    started = time.perf_counter()
    try:
        prediction = model.predict(episode)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:_ERROR_CHARS_MAX]
        prediction = Prediction(episode=episode.id, model=model.name, files=None, error=said)
    return replace(prediction, latency_s=round(time.perf_counter() - started, 6))
