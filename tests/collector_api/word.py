"""A small session with a word that is forgotten, and what to ask of lines."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from pairlog.events import Edit, End, Event, Focus, Open, Run, Save, Session
from pairlog.line import decode, encode
from tests.collector_api.driver import session_lines

WORD = "bellwether"
#: The window: the edit that brings the word, and a change of the window's focus before and behind it.
FIRST, LAST = 3, 5


def word_lines() -> list[bytes]:
    """A session in which a word is typed, and later saved, printed, and written around."""
    header = decode(session_lines()[0])
    assert isinstance(header, Session)
    text = f"kept = {WORD!r}\nmore\n"
    events: list[Event] = [
        header,
        Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", text="kept = ''\n"),
        Edit(seq=2, t=2, doc=1, changes=[(1, 0, 1, 0, "mo")], cause="typed"),
        Focus(seq=3, t=3, focused=False),
        Edit(seq=4, t=4, doc=1, changes=[(0, 8, 0, 8, WORD)], cause="typed"),
        Focus(seq=5, t=5, focused=True),
        Focus(seq=6, t=6, focused=False),
        Edit(seq=7, t=7, doc=1, changes=[(1, 2, 1, 2, "re\n")], cause="typed"),
        Run(seq=8, t=8, id="r", phase="output", output=f"it says {WORD}"),
        Save(seq=9, t=9, doc=1, sha256=sha256(text.encode()).hexdigest(), sha256_of="text"),
        End(seq=10, t=10, reason="shutdown"),
    ]
    return [encode(event) for event in events]


def bodies(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def covered(lines: list[bytes]) -> list[tuple[int, int]]:
    """The seqs that each line covers."""
    return [(body["seq"], body.get("through", body["seq"])) for body in bodies(lines)]


def whole(lines: list[bytes]) -> bool:
    """Whether no seq is missing."""
    spans = covered(lines)
    return [first for first, _ in spans[1:]] == [last + 1 for _, last in spans[:-1]]
