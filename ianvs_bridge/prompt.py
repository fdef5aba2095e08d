"""An episode as the text that a model is asked, never longer than its limit.

Sedna keeps all rows in one array of fixed-width Unicode: every row costs what the longest one costs,
four bytes a character, so one long context is paid for by each row of the job.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Default limit of a row's prompt and query together, in characters.
CHARS_MAX = 16_000
#: Below this an instruction and one file no longer fit in a useful way.
CHARS_MAX_FLOOR = 1_000

ANSWER_FORMAT = (
    "Change the code as asked. Answer with one JSON array of the files that you change or add, each as "
    '{"path": its path, "text": its whole new text}.\n\n'
)

_MARK = "[... {} characters left out ...]\n"
_MARK_CHARS_MAX = len(_MARK.format(10**12))


@dataclass(frozen=True, slots=True)
class Query:
    """The text of one row, and how many characters of the episode did not fit."""

    text: str
    left_out: int


def query(instruction: str, context: dict[str, str], chars_max: int) -> Query:
    """Return the instruction and the files shown, at most `chars_max` characters long.

    What does not fit is cut at the end of a line, with a mark that counts it. The instruction may take
    half of the room; each file gets an equal share of what is left, and what one does not need goes to
    those after it.
    """
    head = _fit(instruction.rstrip("\n") + "\n", chars_max // 2)
    parts, left_out = [head.text], head.left_out
    room = chars_max - len(head.text)
    for place, (path, text) in enumerate(context.items()):
        title = f"\n--- {path}\n"
        share = room // (len(context) - place)
        body = _fit(text, share - len(title))
        if len(title) + len(body.text) > share:
            left_out += len(text)
            continue
        parts += [title, body.text]
        room -= len(title) + len(body.text)
        left_out += body.left_out
    return Query("".join(parts), left_out)


def _fit(text: str, room: int) -> Query:
    if len(text) <= room:
        return Query(text, 0)
    kept = text[: max(0, room - _MARK_CHARS_MAX)]
    kept = kept[: kept.rfind("\n") + 1]
    return Query(kept + _MARK.format(len(text) - len(kept)), len(text) - len(kept))
