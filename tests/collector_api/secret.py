"""A small session with a secret, as it is and as a redaction leaves it; and the files it is looked for in."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pairlog.events import Edit, End, Event, Open, Run, Save, Session
from pairlog.line import decode, encode
from tests.collector_api.driver import SESSION, Collector, session_lines

SECRET = "hunter2-and-more"
STARS = "*" * len(SECRET)
TEXT, MASKED = f'key = "{SECRET}"\n', f'key = "{STARS}"\n'
#: The secret in an edit, and in what a program printed.
SPANS = [[2, "/changes/0/4", 7, len(SECRET)], [4, "/output", 5, len(SECRET)]]
SAVES = [[3, sha256(MASKED.encode()).hexdigest()]]


def secret_lines(session: str = SESSION) -> list[bytes]:
    """A session with a secret: header, open, the edit that brings it, a save, a run that prints it, end."""
    header = decode(session_lines(session=session)[0])
    assert isinstance(header, Session)
    events: list[Event] = [
        header,
        Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", text=""),
        Edit(seq=2, t=2, doc=1, changes=[(0, 0, 0, 0, TEXT)], cause="paste"),
        Save(seq=3, t=3, doc=1, sha256=sha256(TEXT.encode()).hexdigest(), sha256_of="text"),
        Run(seq=4, t=4, id="r", phase="output", output=f"key: {SECRET}"),
        End(seq=5, t=5, reason="shutdown"),
    ]
    return [encode(event) for event in events]


def masked_lines() -> list[bytes]:
    """The same session as it is after the redaction."""
    lines = [line.replace(SECRET.encode(), STARS.encode()) for line in secret_lines()]
    lines[3] = encode(Save(seq=3, t=3, doc=1, sha256=SAVES[0][1], sha256_of="masked"))
    return lines


def send_unpacked(collector: Collector, token: str, lines: Sequence[bytes]) -> None:
    """Send a frame in which the lines can be read without unpacking them: it is stored as it came."""
    body = gzip.compress(b"".join(line + b"\n" for line in lines), 0)
    answer = collector.ask(token, "POST", f"/v1/sessions/{SESSION}/frames", content=body)
    assert answer.status_code == 200


def holds(folder: Path, secret: str | bytes) -> bool:
    """Whether any file of a data folder, or below it, holds these bytes."""
    wanted = secret.encode() if isinstance(secret, str) else secret
    return any(wanted in file.read_bytes() for file in folder.rglob("*") if file.is_file())
