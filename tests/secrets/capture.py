"""A collector that keeps every byte it ever got, and what it had after each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.lsp_server.failing_collector import FailingCollector


@dataclass(frozen=True)
class Arrival:
    """A body as it came over the wire, and what lay in the collector when it had been obeyed."""

    body: bytes
    lines: tuple[bytes, ...]
    blobs: dict[str, bytes]


class Capturing(FailingCollector):
    """Takes the sessions of one test after another; `begin` before each."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.arrivals: list[Arrival] = []

    def begin(self) -> None:
        """Forget the session before."""
        for held in (self.lines, self.frames, self.blobs, self.recalls, self.arrivals):
            held.clear()
        self.failures = []

    def heard(self, body: bytes) -> None:
        lines = tuple(self.lines[seq] for seq in sorted(self.lines))
        self.arrivals.append(Arrival(body, lines, dict(self.blobs)))

    @property
    def redacted(self) -> int:
        """How many characters were taken back, each counted once however often that was said."""
        spans: list[Any] = [span for _, body in self.recalls for span in body.get("spans", ())]
        return sum(length for _, _, _, length in {tuple(span) for span in spans})
