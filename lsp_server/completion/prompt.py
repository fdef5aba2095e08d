"""The body of a request to an OpenAI-compatible endpoint, and the pieces of text in its answer; pure.

`POST /completions` and `POST /chat/completions` as OpenAI's API reference has them ("Create completion",
"Create chat completion", with `stream`); what other servers leave out is not asked for.
"""

from __future__ import annotations

from typing import Any

from lsp_server.completion.context import Context
from lsp_server.completion.settings import CompletionSettings

_SYSTEM = (
    "You complete code at the cursor of an editor. Answer with the text to insert at <CURSOR> and nothing "
    "else: no explanation, no code fence, and nothing of what already stands before or behind it."
)
#: Servers refuse more than four.
_STOPS_MAX = 4


class WrongAnswer(Exception):
    """An answer that is none of the protocol's; the message says in what."""


def path_of(settings: CompletionSettings) -> str:
    """Where a request goes, behind the settings' `url`."""
    return "/chat/completions" if settings.api == "chat" else "/completions"


def body_of(settings: CompletionSettings, model: str, context: Context) -> dict[str, Any]:
    """The request for a completion of this context."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": settings.max_tokens,
        "temperature": 0.2,
        "stream": True,
    }
    if settings.api == "chat":
        language = f"Language: {context.language}\n" if context.language else ""
        asked = f"{language}{context.prefix}<CURSOR>{context.suffix}"
        return {
            **body,
            "messages": [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}],
        }
    template = settings.template_of(model)
    body["prompt"] = template.render(context.prefix, context.suffix)
    if template.leaves_suffix and context.suffix:
        body["suffix"] = context.suffix
    if template.stops:
        body["stop"] = list(template.stops[:_STOPS_MAX])
    return body


def piece_of(chunk: object) -> str:
    """The text that a decoded chunk, or a whole answer, brings; empty where it brings none.

    Raises WrongAnswer where it is an error, or no chunk at all.
    """
    if not isinstance(chunk, dict):
        raise WrongAnswer("an answer that is no object")
    if chunk.get("error"):
        raise WrongAnswer("an error in place of an answer")
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        raise WrongAnswer("an answer without `choices`")
    if not choices:
        return ""
    choice = choices[0]
    if isinstance(choice, dict):
        for holder in (choice, choice.get("delta"), choice.get("message")):
            if isinstance(holder, dict):
                text = holder.get("text", holder.get("content"))
                if isinstance(text, str):
                    return text
        if choice.get("finish_reason") is not None or isinstance(choice.get("delta"), dict):
            return ""
    raise WrongAnswer("a choice without a text")
