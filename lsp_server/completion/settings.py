"""Which endpoint is asked for completions, and how: the user's own word, never the workspace's.

Of `initializationOptions.completion`, the environment (`PAIRLOG_COMPLETION_*`) and the table `completion` of
`pairlog.toml` the first one that names a setting counts. Without a `url`, completions are off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from lsp_server.completion.templates import TEMPLATES, Template, template_of
from pairlog.address import is_loopback, is_safe
from pairlog.errors import UserError

Api = Literal["completions", "chat"]

#: The whole numbers among the settings: what holds where nobody says, and from where to where they go.
_NUMBERS = {
    "debounce_ms": (150, 0, 10_000),
    "timeout_ms": (5_000, 100, 60_000),
    "max_tokens": (128, 1, 4_096),
    "prefix_chars": (6_000, 1, 200_000),
    "suffix_chars": (2_000, 0, 200_000),
}
_TEXTS = ("url", "model", "key", "key_env", "api", "template")
_NAMES = (*_TEXTS, "models", *_NUMBERS)


@dataclass(frozen=True)
class CompletionSettings:
    """One endpoint, and one model to ask, or two to compare."""

    url: str
    models: tuple[str, ...]
    key: str | None
    api: Api
    #: The word that the user gave; None: the one that fits the model's name.
    template: str | None
    debounce_ms: int
    timeout_ms: int
    max_tokens: int
    #: How much of the text before and behind the cursor is sent, in characters.
    prefix_chars: int
    suffix_chars: int

    @property
    def is_local(self) -> bool:
        """Whether what is sent stays on this machine."""
        return is_loopback(self.url)

    @property
    def host(self) -> str:
        """The endpoint's name in what is recorded: its host, without the path and without a key."""
        return urlsplit(self.url).hostname or ""

    def template_of(self, model: str) -> Template:
        """How a prompt is put together for a model."""
        return TEMPLATES[self.template] if self.template else template_of(model)


def resolve(options: object, table: Mapping[str, Any]) -> CompletionSettings | None:
    """The settings of a client with these `initializationOptions`; None where completions are off.

    `table` is the user's `pairlog.toml`. Raises UserError, in one line, for a setting that cannot be.
    """
    told = options.get("completion") if isinstance(options, dict) else None
    given = {**_table(table.get("completion")), **_environment(), **_table(told)}
    url = _text(given, "url")
    if url is None:
        return None
    if not is_safe(url):
        raise UserError(
            f"the setting `completion.url` is `{url}`; an endpoint on another machine needs an address "
            "that begins with https://, one on this machine http://127.0.0.1:PORT/v1"
        )
    api = _text(given, "api") or "completions"
    if api not in ("completions", "chat"):
        raise UserError(f"the setting `completion.api` is `{api}`; it can be `completions` or `chat`")
    template = _text(given, "template")
    if template is not None and template not in TEMPLATES:
        raise UserError(
            f"the setting `completion.template` is `{template}`; it can be one of {', '.join(TEMPLATES)}"
        )
    return CompletionSettings(
        url=url.rstrip("/"),
        models=_models(given),
        key=_key(given),
        api="chat" if api == "chat" else "completions",
        template=template,
        **{name: _number(given, name) for name in _NUMBERS},
    )


def _table(found: object) -> dict[str, Any]:
    """What is set in a table: an editor says an empty text where its user said nothing."""
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UserError("the setting `completion` must be a table with `url` and `model`")
    for name in found:
        if name not in _NAMES:
            raise UserError(f"there is no setting `completion.{name}`; there are {', '.join(_NAMES)}")
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _environment() -> dict[str, Any]:
    told = {name: os.environ.get(f"PAIRLOG_COMPLETION_{name.upper()}") for name in _NAMES}
    found: dict[str, Any] = {name: value for name, value in told.items() if value}
    if "models" in found:
        found["models"] = [model.strip() for model in found["models"].split(",")]
    return found


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise UserError(f"the setting `completion.{name}` must be text")
    return value


def _models(given: Mapping[str, Any]) -> tuple[str, ...]:
    models = given.get("models")
    if models is None:
        model = _text(given, "model")
        if model is None:
            raise UserError("the setting `completion.model` is missing; name the model that the endpoint has")
        return (model,)
    if not (
        isinstance(models, list)
        and len(models) == 2
        and all(isinstance(model, str) and model for model in models)
        and models[0] != models[1]
    ):
        raise UserError("the setting `completion.models` must name the two models to compare")
    return tuple(models)


def _key(given: Mapping[str, Any]) -> str | None:
    key = _text(given, "key")
    name = _text(given, "key_env")
    if key is None and name is not None:
        key = os.environ.get(name)
        if not key:
            raise UserError(f"the setting `completion.key_env` names `{name}`, which is not set")
    if key is not None and not (key.isascii() and key.isprintable()):
        raise UserError("the setting `completion.key` has characters that no header can carry")
    return key


def _number(given: Mapping[str, Any], name: str) -> int:
    usual, least, most = _NUMBERS[name]
    value = given.get(name, usual)
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if type(number) is not int or not least <= number <= most:
        raise UserError(
            f"the setting `completion.{name}` is `{value}`; it is a whole number from {least} to {most}"
        )
    return number
