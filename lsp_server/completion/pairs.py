"""Which of two models is shown, in compare mode: by chance, and each as often as the other; pure."""

from __future__ import annotations

import random
from collections.abc import Container
from typing import NamedTuple


class Turn(NamedTuple):
    """The model whose answer is shown, and the one that is asked the same beside it."""

    shown: str
    rival: str | None

    def without(self, down: Container[str]) -> Turn | None:
        """The turn where these models are not to be asked: the other one is shown, and nothing compared."""
        left = [model for model in (self.shown, self.rival) if model is not None and model not in down]
        return self if len(left) == 2 or not down else Turn(left[0], None) if left else None


class Turns:
    """Deals the models out in blocks of one turn each, in an order that the seed alone decides."""

    def __init__(self, models: tuple[str, ...], seed: str) -> None:
        self._models = models
        self._chance = random.Random(seed)
        self._block: list[Turn] = []

    def next(self) -> Turn:
        """Who is asked now."""
        if len(self._models) == 1:
            return Turn(self._models[0], None)
        if not self._block:
            first, second = self._models
            self._block = [Turn(first, second), Turn(second, first)]
            self._chance.shuffle(self._block)
        return self._block.pop()
