from __future__ import annotations

from typing import Any

import pytest

from lsp_server.completion.settings import CompletionSettings, resolve
from pairlog.errors import UserError

URL = "http://127.0.0.1:11434/v1"


def told(table: dict[str, Any] | None = None, **completion: Any) -> CompletionSettings | None:
    return resolve({"completion": completion}, table or {})


def test_without_an_address_completions_are_off() -> None:
    assert [resolve(None, {}), resolve({}, {"completion": {"model": "m"}}), told(model="m")] == [None] * 3


def test_an_address_and_a_model_are_enough() -> None:
    assert told(url=URL + "/", model="m") == CompletionSettings(
        url=URL,
        models=("m",),
        key=None,
        api="completions",
        template=None,
        debounce_ms=150,
        timeout_ms=5000,
        max_tokens=128,
        prefix_chars=6000,
        suffix_chars=2000,
    )


def test_the_client_comes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {"completion": {"url": URL, "model": "file", "max_tokens": 7, "api": "chat"}}
    monkeypatch.setenv("PAIRLOG_COMPLETION_MAX_TOKENS", "8")
    monkeypatch.setenv("PAIRLOG_COMPLETION_MODEL", "environment")
    found = told(table, model="client", api="")
    assert found is not None
    assert (found.models, found.max_tokens, found.api) == (("client",), 8, "chat")


def test_two_models_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRLOG_COMPLETION_MODELS", "a, b")
    found = told(url=URL)
    assert found is not None and found.models == ("a", "b")


def test_the_key_can_lie_in_a_variable_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "k1")
    found = told(url="https://models.example/v1", model="m", key_env="MODEL_KEY")
    assert found is not None and (found.key, found.is_local, found.host) == ("k1", False, "models.example")


@pytest.mark.parametrize(
    ("completion", "words"),
    [
        ({"url": "http://models.example/v1", "model": "m"}, "https://"),
        ({"url": "file:///etc/passwd", "model": "m"}, "https://"),
        ({"url": URL}, "`completion.model` is missing"),
        ({"url": 7, "model": "m"}, "`completion.url` must be text"),
        ({"url": URL, "model": "m", "api": "infill"}, "`completions` or `chat`"),
        ({"url": URL, "model": "m", "template": "gpt"}, "starcoder, qwen"),
        ({"url": URL, "models": ["a"]}, "the two models"),
        ({"url": URL, "models": ["a", "a"]}, "the two models"),
        ({"url": URL, "models": "a,b"}, "the two models"),
        ({"url": URL, "model": "m", "timeout_ms": 0}, "`completion.timeout_ms` is `0`"),
        ({"url": URL, "model": "m", "timeout_ms": "soon"}, "`completion.timeout_ms` is `soon`"),
        ({"url": URL, "model": "m", "max_tokens": True}, "`completion.max_tokens` is `True`"),
        ({"url": URL, "model": "m", "key": "a\nb"}, "no header can carry"),
        ({"url": URL, "model": "m", "key_env": "PAIRLOG_NO_SUCH"}, "`PAIRLOG_NO_SUCH`, which is not set"),
        ({"url": URL, "modell": "m"}, "there is no setting `completion.modell`"),
    ],
)
def test_a_setting_that_cannot_be_is_named_in_one_line(completion: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as raised:
        told(**completion)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_a_table_that_is_none_is_named() -> None:
    with pytest.raises(UserError, match="must be a table"):
        resolve({"completion": "http://127.0.0.1"}, {})
