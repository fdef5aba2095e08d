"""Columns in the unit that client and server agreed on, through the real server process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pairlog.events import Change
from pairlog.home import Home
from pairlog.replay import verify
from tests.lsp_server.client import Client

#: A family of emoji joined by U+200D, letters with combining marks, and ideographs beyond the first plane.
LINE = "a\U0001f469\u200d\U0001f680 e\u0301 \u6f22\U00020000z\n"
TYPED = [
    # At the end of the line: after a letter beyond ASCII, its mark, a rocket.
    (len(LINE) - 1, len(LINE) - 1, "\u00eft\U0001f680"),
    # The mark of `e`, the joiner, and the rocket that was joined.
    (6, 7, ""),
    (2, 4, ""),
    # A letter put before the ideographs, one of them replaced.
    (5, 5, "n\u0303"),
    (8, 9, "\U00020001\U0001f600"),
]


def width(text: str, encoding: str) -> int:
    """The columns of a text: bytes, UTF-16 units or code points."""
    unit = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return len(text.encode("utf-8" if unit == 1 else f"{encoding}-le")) // unit


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_text_beyond_the_first_plane_verifies_in_every_unit(encoding: str, tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "shop"
    folder.mkdir()
    client = Client(env={"PAIRLOG_HOME": str(home.path)})
    offered = [encoding, *{"utf-8", "utf-16", "utf-32"} - {encoding}]
    answer = client.initialize(folder, consent="content", encodings=offered)
    assert answer["capabilities"]["positionEncoding"] == encoding
    text, above = LINE, "\U0001f600\n"
    uri = client.open(folder / "list.txt", above + text, language="plaintext")
    sent: list[Change] = []
    for version, (start, end, typed) in enumerate(TYPED, start=2):
        sent.append((1, width(text[:start], encoding), 1, width(text[:end], encoding), typed))
        client.change(uri, version, sent[-1])
        text = text[:start] + typed + text[end:]
        client.save(uri, above + text)
    assert client.shutdown() == 0

    (spool,) = home.spool.glob("*.ndjson")
    lines = spool.read_bytes().splitlines()
    assert json.loads(lines[0])["position_encoding"] == encoding
    changes = [json.loads(line)["changes"] for line in lines if b'"type":"edit"' in line]
    assert changes == [[list(change)] for change in sent]
    verdict = verify(lines, lambda digest: (home.blobs / digest).read_bytes())
    assert (verdict.verified, verdict.saves) == (True, len(TYPED))
    # Each unit counts these columns otherwise: a server that took one for another would not get here.
    assert sent[0][1] == {"utf-8": 25, "utf-16": 14, "utf-32": 11}[encoding]
