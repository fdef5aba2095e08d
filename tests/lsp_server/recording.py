"""A recorder without files: a disk and a clock that a test moves by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from lsp_server.recording.documents import Documents
from lsp_server.recording.recorder import Recorder
from lsp_server.workspace.gate import Gate
from lsp_server.workspace.paths import Folder
from pairlog.events import Level, PositionEncoding, Session
from pairlog.line import parse
from pairlog.replay import verify
from tests.lsp_server.client import did_change

ROOT = Path("/home/dev/shop")
CART = "file:///home/dev/shop/cart.py"
HEADER = Session(
    seq=0,
    t=0,
    wire=1,
    session="0198c1f0-0000-7000-8000-000000000001",
    started_at="2026-11-23T09:00:00.000Z",
    editor={"name": "Test", "version": "1"},
    recorder={"name": "pairlog", "version": "0.1.0"},
    position_encoding="utf-16",
    clock="recorder",
    workspace="w",
    consent="content",
    use="private",
    policy="2026-11",
)


class Disk:
    """Takes lines while it has `room` for them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.blobs: dict[str, bytes] = {}
        self.room: float = float("inf")
        self.room_for_blobs = True

    def append(self, lines: list[bytes]) -> int:
        taken = lines[: int(min(self.room, len(lines)))]
        self.lines += taken
        self.room -= len(taken)
        return len(taken)

    def keep(self, data: bytes) -> str:
        if not self.room_for_blobs:
            raise OSError(28, "No space left on device")
        digest = sha256(data).hexdigest()
        self.blobs[digest] = data
        return digest


class Recorded(Recorder):
    """A recorder with all that it needs, and what it wrote."""

    def __init__(
        self,
        clock: str = "recorder",
        encoding: PositionEncoding = "utf-16",
        consent: Level = "content",
        keep: Callable[[bytes], str] | None = None,
    ) -> None:
        self.disk = Disk()
        self.time = 0
        super().__init__(
            Documents(Gate(Folder(ROOT)), encoding),
            self.disk.append,
            keep or self.disk.keep,
            lambda: self.time,
        )
        client = "client" if clock == "client" else "recorder"
        self.begin(replace(HEADER, clock=client, consent=consent, position_encoding=encoding))

    def at(self, time: int) -> Recorded:
        """Set the clock, as each read does."""
        self.time = time
        self.read_clock()
        return self

    def open(self, text: str, uri: str = CART, version: int = 1) -> None:
        self.did_open(uri, "python", version, text)

    def change(self, version: int, *changes: Any, uri: str = CART) -> None:
        self.did_change(did_change(uri, version, changes))

    def save(self, text: str | None, uri: str = CART, on_disk: bytes | None = None) -> None:
        self.did_save(uri, text, lambda: on_disk)

    @property
    def written(self) -> list[dict[str, Any]]:
        """The events behind the header, without `seq` and `t`."""
        self.flush()
        events = [parse(line) for line in self.disk.lines[1:]]
        assert [event["seq"] for event in events] == list(range(1, 1 + len(events)))
        return [{key: value for key, value in event.items() if key not in ("seq", "t")} for event in events]

    @property
    def verified(self) -> bool | None:
        """Whether what was written replays and every save of it fits."""
        self.flush()
        return verify([line.rstrip(b"\n") for line in self.disk.lines], self.disk.blobs.__getitem__).verified
