"""What an input method puts in: text of scripts that have more letters than a keyboard has keys; pure."""

from __future__ import annotations

import re

from lsp_server.causes.hunk import Hunk

#: Hangul, kana, Chinese letters, full-width forms, and the signs that are put in with them.
_SCRIPTS = (
    "\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
    "\u00b7\u2014\u2018\u2019\u201c\u201d\u2026"
)
_LETTER = re.compile(f"[{_SCRIPTS}]")
_TEXT = re.compile(rf"[\w {_SCRIPTS}]+")
#: Latin letters on their way to be others, with the signs that an input method puts between syllables.
_SYLLABLES = re.compile(r"[a-z]+(?:[ '][a-z]+)+")
_NEXT_LETTERS = re.compile(r"[ '][a-z]|[a-z]{1,5}")
#: More than is composed at once.
_CHARS_MAX = 64


def is_composed(text: str) -> bool:
    """Whether this may come from an input method, in one piece."""
    return len(text) <= _CHARS_MAX and bool(_LETTER.search(text) and _TEXT.fullmatch(text))


def is_composing(hunk: Hunk) -> bool:
    """Whether Latin letters that are about to become others were replaced by the same and the next ones."""
    if hunk.removed or not _NEXT_LETTERS.fullmatch(hunk.inserted):
        return False
    same = hunk.before[-hunk.head :] if hunk.head else ""
    return len(same) <= _CHARS_MAX and bool(same and _SYLLABLES.fullmatch(same + hunk.inserted))
