"""How sure a share is; pure."""

from __future__ import annotations

import math


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a proportion, by default with 95 % confidence.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927):
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Raises ValueError without trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no proportion")
    p, square = successes / trials, z * z / trials
    middle = p + square / 2
    reach = z * math.sqrt(p * (1 - p) / trials + square / trials / 4)
    low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
    # At the ends the bound is exact; rounding must not carry it over.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)
