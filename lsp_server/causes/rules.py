"""The rules that find a cause, in their order: the first one that knows decides.

`typed` is what a person's keys do to the text at once, and the help that editors give with it: brackets
closed, lines indented, lines moved. What cannot be told apart is `unknown`, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from lsp_server.causes.composing import is_composed, is_composing
from lsp_server.causes.hunk import Hunk
from lsp_server.causes.reason import Reason, inferred
from lsp_server.causes.seen import Seen

PAIRS = frozenset(("()", "[]", "{}", "<>", '""', "''", "``", '""""""', "''''''", "**", "__", "$$", "||"))
#: A new line as editors begin it: indented, with the sign of a comment or of a list.
_NEW_LINE = re.compile(
    r"(?:\r\n?|\n)[ \t]*(?:(?:///?|//!|\*|#+|--|-|/?\*\*?)[ \t]*)?(?:(?:\r\n?|\n)[ \t]*(?:\*/)?)?"
)
_CLOSING_TAG = re.compile(r">?</[\w.:-]*>")
#: What one key takes away to the left: a word, or signs, with the blanks behind.
_WORD = re.compile(r"(?:\w+|[^\w\s]+)\s*|\s+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_LETTER = re.compile(r"\w")
_PIECE = re.compile(r"\w+|\W+")
_IMPORT = re.compile(r"\s*(?:import|from|use|using|#include|require|const \S.* = require|@import)\b")
#: Signs that formatters put in, take out and exchange.
_DRESS = re.compile(r"[\s\"'`,;()\\]+")
_SORTED_LINES_MIN = 3
#: The longest sign that begins a comment.
_COMMENT_MAX = 3
#: From here on a text that nobody has seen before is none that an editor helps with.
_FOREIGN_MIN = 2

TYPED = inferred("typed", "keys")


def find(seen: Seen) -> Reason:
    """Why an edit happened; `TYPED` where a person typed it, cause `unknown` where no rule knows."""
    for rule in _RULES:
        reason = rule(seen)
        if reason is not None:
            return reason
    return inferred("unknown", "none")


def is_key(hunk: Hunk) -> bool:
    """Whether one key can do this, with the help that editors give."""
    text = hunk.inserted
    if len(text) <= 1:
        return not text or hunk.removed.strip() != text
    if not hunk.removed and text in PAIRS:
        return True
    if hunk.is_blank:
        return text.count("\n") <= 2
    return not hunk.removed.strip() and bool(_NEW_LINE.fullmatch(text) or _CLOSING_TAG.fullmatch(text))


def is_small(hunk: Hunk) -> bool:
    """Whether it may be one letter typed or removed, whatever state it leads to."""
    return len(hunk.removed) + len(hunk.inserted) <= 1


def is_run(hunks: list[Hunk]) -> bool:
    """Whether each begins or ends where the one before ended, as keys do."""
    for one, two in pairwise(hunks):
        line, column = one.end
        if two.line != line or column not in (two.column, two.column + len(two.removed)):
            return False
    return True


def _nothing(seen: Seen) -> Reason | None:
    return None if seen.hunks else inferred("unknown", "nothing")


def _disk(seen: Seen) -> Reason | None:
    is_block = len(seen.hunks) > 1 or any("\n" in it.removed or "\n" in it.inserted[:-1] for it in seen.hunks)
    if is_block and not all(is_key(it) for it in seen.hunks) and seen.is_on_disk():
        return inferred("external", "disk")
    return None


def _step(seen: Seen) -> Reason | None:
    if seen.step is None:
        return None
    way, edits, _ = seen.step
    hunk = seen.one
    if hunk is None:
        takes_keys_back = is_run(seen.hunks) and all(map(is_small, seen.hunks))
        return None if takes_keys_back and seen.batches else inferred(way, "state")
    if max(len(hunk.removed), len(hunk.inserted)) <= 1 or hunk.is_blank or hunk.removed in PAIRS:
        return None
    if is_composed(hunk.removed) and is_composed(hunk.inserted) and seen.is_at_caret(hunk):
        # Somebody looks through what the same sounds are written with.
        return None
    takes_keys_back = way == "undo" and edits > 1 and not hunk.inserted
    return None if takes_keys_back and _WORD.fullmatch(hunk.removed) else inferred(way, "state")


def _keys(seen: Seen) -> Reason | None:
    if not all(map(is_key, seen.hunks)) or _is_trim(seen.hunks):
        return None
    signs = {(it.removed, it.inserted) for it in seen.hunks}
    if len(signs) == 1 and all(it.is_exact for it in seen.hunks):
        return TYPED
    return TYPED if len(seen.hunks) == 1 or is_run(seen.hunks) or _is_around(seen.hunks) else None


def _composed(seen: Seen) -> Reason | None:
    """Text of an input method, in the place of what it was composed from, or behind the last edit."""
    hunk = seen.one
    if hunk is None or not seen.is_at_caret(hunk):
        return None
    return TYPED if is_composed(hunk.inserted) or is_composing(hunk) else None


def _moved_lines(seen: Seen) -> Reason | None:
    if not seen.is_new_order:
        return None
    hunk = seen.one
    lines = f"{hunk.before}{hunk.inserted}{hunk.behind}".splitlines() if hunk else []
    is_sorted = len(lines) >= _SORTED_LINES_MIN and lines == sorted(lines, key=str.casefold)
    return inferred("format", "sorted") if is_sorted else TYPED


def _renamed(seen: Seen) -> Reason | None:
    if len(seen.hunks) < 2:
        is_same = seen.one is not None and _has_one_name_for_another(*seen.one.words)
        return inferred("refactor", "same_name") if is_same else None
    pairs = {it.words for it in seen.hunks}
    if len(pairs) == 1 and is_name(pairs.copy().pop()):
        return inferred("refactor", "same_name")
    replaced = {(it.removed, it.inserted) for it in seen.hunks}
    return inferred("refactor", "same_text") if len(replaced) == 1 and all(*replaced) else None


def _has_one_name_for_another(old: str, new: str) -> bool:
    """Whether a stretch is the same but for one name, or a part of names, replaced in several places."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if len(before) != len(after):
        return False
    replaced = [(one, two) for one, two in zip(before, after, strict=True) if one != two]
    pairs = sorted(set(replaced), key=lambda pair: len(pair[0]))
    return len(replaced) > 1 and is_name(pairs[0]) and old.replace(*pairs[0]) == new


def is_name(pair: tuple[str, str]) -> bool:
    """Whether one identifier takes the place of another one."""
    old, new = pair
    return old != new and bool(_IDENTIFIER.fullmatch(old) and _IDENTIFIER.fullmatch(new))


def _block(seen: Seen) -> Reason | None:
    """The same signs at the beginning of lines that follow each other: indented, or made a comment."""
    if not seen.hunks or any(it.before.strip() for it in seen.hunks):
        return None
    if seen.one is not None and not _is_beginning(seen.one.removed + seen.one.inserted):
        return None
    lines = sorted(it.line for it in seen.hunks)
    signs = {(it.removed.strip(), it.inserted.strip()) for it in seen.hunks}
    follows = lines == list(range(lines[0], lines[0] + len(lines)))
    return TYPED if follows and len(signs) == 1 and len("".join(*signs)) <= _COMMENT_MAX else None


def _indented(seen: Seen) -> Reason | None:
    """Lines told as one change that have the same blanks or signs more, or less, at their beginning."""
    hunk = seen.one
    if hunk is None or "\n" not in hunk.removed:
        return None
    before = f"{hunk.before}{hunk.removed}{hunk.behind}".splitlines()
    after = f"{hunk.before}{hunk.inserted}{hunk.behind}".splitlines()
    if len(before) != len(after):
        return None
    pairs = [(one, two) for one, two in zip(before, after, strict=True) if one.strip()]
    added = {two[: len(two) - len(one)] if two.endswith(one) else None for one, two in pairs}
    taken = {one[: len(one) - len(two)] if one.endswith(two) else None for one, two in pairs}
    return TYPED if any(len(it) == 1 and _is_beginning(*it) for it in (added, taken)) else None


def _is_beginning(signs: str | None) -> bool:
    """Whether these are what indents a line, or makes it a comment."""
    if not signs or _LETTER.search(signs) or "\n" in signs:
        return False
    return len(signs.strip()) <= _COMMENT_MAX


def _formatted(seen: Seen) -> Reason | None:
    bare = [(_DRESS.sub("", it.removed), _DRESS.sub("", it.inserted)) for it in seen.hunks]
    if any(old != new for old, new in bare):
        return None
    if len(seen.hunks) > 1 or any(old for old, _ in bare):
        return inferred("format", "same_words")
    return None


def _removed(seen: Seen) -> Reason | None:
    return TYPED if not any(it.inserted for it in seen.hunks) else None


def _completed(seen: Seen) -> Reason | None:
    """A word goes on where the last key ended; perhaps with the import that it needs."""
    at_caret = [it for it in seen.hunks if seen.is_at_caret(it)]
    if len(at_caret) != 1:
        return None
    hunk = at_caret[0]
    if not hunk.inserted:
        return None
    others = [it for it in seen.hunks if it is not hunk]
    if any(it.removed or not _IMPORT.match(it.inserted) for it in others):
        return None
    old, new = hunk.words
    goes_on = hunk.before[-1:].isidentifier() and (hunk.inserted[0].isalnum() or hunk.inserted[0] in "_(")
    is_member = hunk.before.endswith((".", "->", "::")) and _IDENTIFIER.match(hunk.inserted)
    is_other = bool(hunk.removed) and _IDENTIFIER.fullmatch(hunk.removed) and _is_like(old, new)
    if "\n" in hunk.inserted or not (goes_on or is_member or is_other or others):
        return None
    return inferred("completion", "with_import" if others else "word")


def _is_like(typed: str, word: str) -> bool:
    """Whether the letters of what was typed are in a word, in their order, as lists of completions match."""
    letters = iter(word.casefold())
    return all(letter in letters for letter in typed.casefold())


def _pasted(seen: Seen) -> Reason | None:
    texts = {it.inserted for it in seen.hunks}
    if len(texts) != 1:
        return None
    hunk = seen.hunks[0]
    if seen.was_taken(hunk.inserted):
        return inferred("paste", "taken_before")
    if seen.stands(hunk):
        return inferred("paste", "stands_elsewhere")
    if seen.one and _is_foreign(hunk.inserted) and not seen.is_at_caret(hunk) and _is_free(seen, hunk):
        return inferred("paste", "from_outside")
    return None


def _is_foreign(text: str) -> bool:
    """Whether no help of an editor, and no input method, puts this in: no imports, no signs alone."""
    lines = [line for line in text.splitlines() if line.strip()]
    is_help = is_composed(text) or not _LETTER.search(text) or all(map(_IMPORT.match, lines))
    return len(text) >= _FOREIGN_MIN and not is_help


def _is_free(seen: Seen, hunk: Hunk) -> bool:
    """Whether a paste comes here: it takes nothing away but what was selected, and spells nothing anew."""
    if not hunk.removed:
        return True
    return seen.is_selected and hunk.removed.casefold() != hunk.inserted.casefold()


def _is_trim(hunks: list[Hunk]) -> bool:
    """Whether the blanks at the ends of several lines were taken away."""
    return (
        len(hunks) > 1
        and all(
            it.is_blank
            and not it.inserted
            and not it.behind.strip()
            and it.removed.strip("\r\n") == it.removed
            for it in hunks
        )
        and len({it.line for it in hunks}) == len(hunks)
    )


def _is_around(hunks: list[Hunk]) -> bool:
    signs = ["".join(it.inserted for it in hunks), "".join(it.removed for it in hunks)]
    return len(hunks) == 2 and any(it in PAIRS or it[::-1] in PAIRS for it in signs)


_RULES: tuple[Callable[[Seen], Reason | None], ...] = (
    _nothing,
    _disk,
    _step,
    _keys,
    _composed,
    _moved_lines,
    _block,
    _indented,
    _formatted,
    _renamed,
    _removed,
    _completed,
    _pasted,
)
