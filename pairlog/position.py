"""All units of position in one file: UTF-8, UTF-16 and UTF-32 columns beside Python's code points."""

from __future__ import annotations

from pairlog.events import PositionEncoding

_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2)}


def index(line: str, column: int, encoding: PositionEncoding) -> int:
    """The code point index of a column in `line`; at most its length.

    A column inside a character (a surrogate pair, a UTF-8 sequence) is that character's start.
    """
    if column <= 0:
        return 0
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    codec, size = _CODECS[encoding]
    return len(line.encode(codec)[: column * size].decode(codec, "ignore"))


def units(text: str, encoding: PositionEncoding) -> int:
    """The length of `text` in units of the position encoding."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    codec, size = _CODECS[encoding]
    return len(text.encode(codec)) // size


def scrub(text: str) -> str:
    """`text` with each lone surrogate, which UTF-8 cannot carry, replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
