"""What tests of several rooms share."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.support.postgres import Server, given_or_own_server

#: What chance a run takes, unless the environment says which; the same in every process of the run.
_SEEDS = ("PAIRLOG_SOAK_SEED", "PAIRLOG_SECRETS_SEED")


def pytest_configure() -> None:
    for name in _SEEDS:
        os.environ.setdefault(name, str(random.SystemRandom().randrange(1_000_000)))


def pytest_report_header() -> str:
    return "seeds: " + " ".join(f"{name}={os.environ[name]}" for name in _SEEDS)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL server for the whole run."""
    with given_or_own_server() as server:
        yield server
