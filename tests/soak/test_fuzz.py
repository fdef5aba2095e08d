"""A few seconds of the fuzzer that `make soak` runs for ten minutes."""

from __future__ import annotations

import time

from tests.soak.fuzz import fuzz

SECONDS = 3


def test_mangled_frames_are_taken_or_refused_and_nothing_else() -> None:
    seed = time.time_ns() % 10**9
    print(f"seed {seed}")
    tried, taken = fuzz(SECONDS, seed)
    assert tried > 100
    assert 0 < taken < tried
