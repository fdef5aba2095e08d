"""Masking: characters of lines replaced, so that a session still replays; pure.

The one function behind redactions, forgetting and revocation.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Characters of one string of one line.

    `pointer` is an RFC 6901 JSON pointer to a string; `start` and `length` are in units of the session's
    position encoding, because masking leaves those where they are.
    """

    seq: int
    pointer: str
    start: int
    length: int
