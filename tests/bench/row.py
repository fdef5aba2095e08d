"""One row of the table of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """A measured value beside its bar. `bar` None: a guide, or what a ratio was taken of."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    side: Literal["at most", "at least"] = "at most"

    @property
    def holds(self) -> bool | None:
        if self.bar is None:
            return None
        return self.value <= self.bar if self.side == "at most" else self.value >= self.bar

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "bar": self.bar,
            "holds": self.holds,
        }
