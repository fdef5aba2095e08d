"""Settings and contexts for tests."""

from __future__ import annotations

from typing import Any

from lsp_server.completion.context import Context
from lsp_server.completion.settings import CompletionSettings, resolve


def settings(url: str = "http://127.0.0.1:1/v1", **told: Any) -> CompletionSettings:
    if "models" not in told:
        told.setdefault("model", "qwen2.5-coder")
    found = resolve({"completion": {"url": url, "debounce_ms": 0, **told}}, {})
    assert found is not None
    return found


def context(prefix: str, suffix: str = "") -> Context:
    return Context(prefix, suffix, "python")
