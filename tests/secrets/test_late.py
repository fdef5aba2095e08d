"""The whole way with real processes: a secret that is finished when half of it has long arrived."""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pairlog.client import Client as Reader
from pairlog.client import Line, Redaction
from pairlog.masking import mask, resaved
from pairlog.replay import verify
from tests.lsp_server.client import Client
from tests.support.files import contents
from tests.support.processes import Collector, end_leftovers, wait_for
from tests.support.secrets import KINDS

#: Half of it is no secret to anybody.
SECRET = KINDS["aws_access_key_id"](Random(5))
HALF = len(SECRET) // 2
TEXT = "import os\nshow('')\nprint(1)\n"
#: Between the quotes of its second line.
LINE, COLUMN = 1, 6
#: From the last key of a secret until none of it is left anywhere.
GONE_S_MAX = 5.0


class LiveWatcher(threading.Thread):
    """Somebody who watches a session, and masks what they have when they are told to."""

    def __init__(self, address: str, token: str, session: str) -> None:
        super().__init__(daemon=True)
        self.lines: dict[int, bytes] = {}
        self.redactions = 0
        self._session = session
        self._client = Reader(address, token)
        self.start()

    def run(self) -> None:
        for told in self._client.live(self._session):
            if isinstance(told, Line):
                self.lines[told.seq] = told.line
            elif isinstance(told, Redaction):
                self.redactions += 1
                masked = mask(self.lines.values(), told.spans, "utf-16")
                self.lines = dict(zip(self.lines, masked, strict=True))
                for saved, digest in told.saves:
                    self.lines[saved] = resaved(self.lines[saved], digest)

    def stored(self) -> list[bytes]:
        """The lines as they lie in the collector now."""
        return list(self._client.lines(self._session))


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    served = Collector(tmp_path / "data")
    yield served
    served.stop()


def test_a_secret_that_is_finished_late_is_gone_from_everywhere_within_seconds(
    collector: Collector, tmp_path: Path
) -> None:
    home, workspace, token = tmp_path / "home", tmp_path / "workspace", collector.token("mine")
    workspace.mkdir()
    client = Client(env={"PAIRLOG_HOLD_S": "1"})
    client.initialize(
        workspace, home=str(home), consent="content", collectorUrl=collector.address, token=token
    )
    uri = client.open(workspace / "app.py", TEXT)
    type_keys(client, uri, 0, HALF)
    session = wait_for("a session", lambda: next((row["session"] for row in collector.sessions()), None))
    watcher = LiveWatcher(collector.address, token, session)
    # Nobody types for longer than a line is held back: the first half is there for all to see.
    wait_for("the first half", lambda: keys(watcher.lines.values()) == list(SECRET[:HALF]) or None)

    type_keys(client, uri, HALF, len(SECRET))
    last_key = time.monotonic()

    stars = ["*"] * len(SECRET)
    wait_for(
        "nothing but stars",
        lambda: (keys(watcher.stored()) == keys(watcher.lines.values()) == stars) or None,
        GONE_S_MAX,
    )
    left = last_key + GONE_S_MAX - time.monotonic()
    wait_for("nothing in the files", lambda: keys(in_files(collector.data)) == stars or None, left)
    files = b"".join(contents(collector.data).values())
    assert SECRET.encode() not in files
    assert SECRET[:HALF].encode() not in files
    assert watcher.redactions == 1

    client.save(uri, TEXT.replace("''", f"'{SECRET}'"))
    assert client.shutdown() == 0
    collector.ended()
    watcher.join(timeout=20)
    assert verify(watcher.lines.values()).verified is True
    assert list(watcher.lines.values()) == watcher.stored()
    assert end_leftovers(home) == []


def type_keys(client: Client, uri: str, first: int, end: int) -> None:
    for at in range(first, end):
        client.change(uri, 2 + at, (LINE, COLUMN + at, LINE, COLUMN + at, SECRET[at]))
    client.settle()


def keys(lines: Any) -> list[str]:
    """What was typed, key by key."""
    events = map(json.loads, tuple(lines))
    return [event["changes"][0][4] for event in events if event["type"] == "edit"]


def in_files(folder: Path) -> list[bytes]:
    """The lines of every gzip member that lies anywhere in the files of a folder, deleted ones too."""
    lines: dict[bytes, None] = {}
    for data in contents(folder).values():
        at = data.find(b"\x1f\x8b\x08")
        while at >= 0:
            lines |= dict.fromkeys(_member(data[at:]).splitlines())
            at = data.find(b"\x1f\x8b\x08", at + 1)
    return sorted(lines, key=lambda line: int(json.loads(line)["seq"]))


def _member(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(data)
    except zlib.error:
        return b""
