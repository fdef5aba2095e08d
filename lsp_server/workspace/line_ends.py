"""What editors send and files have may differ in the ends of lines, and in the last one; pure.

docs/editors.md names the editors that do so.
"""

from __future__ import annotations


def alike(one: str, other: str) -> bool:
    """Whether two texts are the same but for the ends of their lines, and for one at the very end."""
    return _plain(one) == _plain(other)


def in_form_of(text: str, like: str) -> str:
    """A text with its lines ended as those of another one are, and its last one too."""
    if not text:
        return text
    if "\r\n" not in like:
        text = text.replace("\r\n", "\n")
    elif "\r\n" not in text:
        text = text.replace("\n", "\r\n")
    end = "\r\n" if "\r\n" in like else "\n"
    if like.endswith("\n") == text.endswith("\n"):
        return text
    return text + end if like.endswith("\n") else text.removesuffix(end)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").removesuffix("\n")
