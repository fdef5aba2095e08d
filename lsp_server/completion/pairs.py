"""Which of two models is shown, in compare mode: by chance, and each as often as the other; pure."""

from __future__ import annotations

import random
from typing import NamedTuple


class Turn(NamedTuple):
    """The model whose answer is shown, and the one that is asked the same beside it."""

    shown: str
    rival: str | None


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
