"""Models under test: what they get is an episode, what they give is the changed files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pairlog.errors import UserError
from processing.episodes.episode import Answer, Episode


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A model's answer to one episode: the whole new text of each changed file.

    `files` is None where the model gave none, and `error` then says why; `latency_s` is its wall time.
    """

    episode: str
    model: str
    files: Answer | None
    error: str | None = None
    latency_s: float | None = None


class Model(Protocol):
    """Anything that answers episodes."""

    @property
    def name(self) -> str:
        """What its predictions are filed under."""

    def predict(self, episode: Episode) -> Prediction:
        """The answer to one episode."""


@dataclass(frozen=True)
class Human:
    """The ceiling: the human's own answer."""

    name: str = "human"

    def predict(self, episode: Episode) -> Prediction:
        """The gold answer."""
        return Prediction(episode=episode.id, model=self.name, files=episode.gold)


@dataclass(frozen=True)
class Base:
    """The floor: nothing is changed."""

    name: str = "base"

    def predict(self, episode: Episode) -> Prediction:
        """An answer without files."""
        return Prediction(episode=episode.id, model=self.name, files=[])


#: The models that need nothing from outside, by their spec.
MODELS: dict[str, Model] = {"human": Human(), "base": Base()}


def model(spec: str) -> Model:
    """The model that `spec` names. Raises UserError, listing the known ones, where there is none."""
    try:
        return MODELS[spec]
    except KeyError:
        raise UserError(f"no model `{spec}`; known: {', '.join(MODELS)}") from None
