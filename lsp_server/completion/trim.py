"""What of a model's answer is worth showing at the cursor; pure."""

from __future__ import annotations

import re

from lsp_server.completion.context import Context
from pairlog.position import scrub

_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)(?:\n?```.*)?\Z", re.DOTALL)
_WORD = re.compile(r"\w")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_LINES_MAX = 40
_CHARS_MAX = 4096
#: Controls but tab and line end, and what changes the direction of writing: not seen, and not what is read.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def trim(answer: str, context: Context, stops: tuple[str, ...], is_chat: bool) -> str:
    """The text to insert at the cursor, with the document's line ends; empty where there is nothing to show.

    Taken away: what follows a token that ends a text, a chat's code fence, what of the text before the cursor
    a chat says again, what stands behind the cursor already, what nobody sees, blanks at the end, and all
    behind 40 lines or 4,096 characters.
    """
    text = scrub(answer[:_CHARS_MAX])
    for stop in stops:
        text = text.partition(stop)[0]
    if is_chat:
        fenced = _FENCE.match(text)
        text = fenced.group(1) if fenced else text
        line = context.prefix.rpartition("\n")[2]
        if line.strip() and text.startswith(line):
            text = text[len(line) :]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNSEEN.sub("", text)
    text = "\n".join(text.split("\n")[:_LINES_MAX]).rstrip()
    text = _without_suffix(text, context.suffix.replace("\r\n", "\n")).rstrip(" \t")
    if not text.strip():
        return ""
    return text.replace("\n", "\r\n") if "\r\n" in context.prefix + context.suffix else text


def _without_suffix(text: str, suffix: str) -> str:
    """`text` without an end that is how the text behind the cursor begins: the rest of the line, or more."""
    line = suffix.partition("\n")[0].strip()
    if line and text.endswith(line) and (_WORD.search(line) or _closes_too_much(text)):
        return text[: -len(line)]
    lines = text.split("\n")
    following = [it for it in suffix.split("\n") if it.strip()]
    for count in range(min(len(lines) - 1, len(following)), 0, -1):
        if [it.rstrip() for it in lines[-count:]] == [it.rstrip() for it in following[:count]]:
            return "\n".join(lines[:-count])
    return text


def _closes_too_much(text: str) -> bool:
    """Whether a bracket is closed that `text` did not open: one that is closed behind the cursor already."""
    return any(text.count(closing) > text.count(opening) for opening, closing in _BRACKETS)
