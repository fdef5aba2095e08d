"""A model of Pairlog's bench, in the shape of Ianvs' single-task paradigm.

A prediction that raises becomes a record that says so: one failing episode must not end the job, which
would lose the scores of all others.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from ianvs_bridge import layout
from ianvs_bridge.record import to_text
from processing.benchmark.models import Prediction, model
from processing.benchmark.run import predict
from processing.episodes.episode import Episode, read_episodes

_LOG = logging.getLogger("pairlog.ianvs")


class Rows(Protocol):
    """What Ianvs hands to `predict`: its own class, of which only this is used."""

    explanation: Iterable[str]


class BenchModel:
    """Answers the rows of a job with the model that `spec` names, as `pairlog bench run` would."""

    def __init__(self, job: Path, spec: str) -> None:
        self.job = job
        self.spec = spec

    def preprocess(self) -> None:
        """Do nothing: the rows come ready."""

    def train(self, _rows: Any, **_later: Any) -> None:
        """Do nothing: the bench's models are not trained."""

    def save(self, _folder: str) -> None:
        """Return None: there is no trained model to name."""

    def load(self, _url: str | None = None, **_later: Any) -> None:
        """Do nothing: the model is made from its spec, where a failure is that of a row."""

    def predict(self, rows: Rows, **_later: Any) -> list[str]:
        """Return one prediction record, as JSON text, for each row in order.

        Raises `UserError` where the job's episodes cannot be read at all.
        """
        episodes = {episode.id: episode for episode in read_episodes(self.job / layout.EPISODES)}
        wanted = [str(json.loads(row)["episode"]) for row in rows.explanation]
        return [to_text(self._predict(episode, episodes)) for episode in wanted]

    def _predict(self, wanted: str, episodes: dict[str, Episode]) -> Prediction:
        try:
            prediction = predict(model(self.spec), episodes[wanted])
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            prediction = Prediction(episode=wanted, model=self.spec, files=None, error=said)
        if prediction.error is not None:
            _LOG.warning("no answer: episode %s, model %s: %s", wanted, self.spec, prediction.error)
        return prediction
