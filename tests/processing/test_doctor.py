from __future__ import annotations

import pytest

from processing.doctor import facts
from processing.episodes import sandbox


def test_the_sandbox_is_a_fact_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "available", lambda: "bwrap not found; install bubblewrap")
    found = {fact.name: (fact.holds, fact.detail) for fact in facts()}
    assert found["sandbox"] == (False, "bwrap not found; install bubblewrap")
    assert [found[name][0] for name in ("processing", "pytest")] == [True, True]
