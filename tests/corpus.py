"""The recorded editing traces: real keystrokes, kept beside the checkout and not in it."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pairlog.document import Document
from pairlog.events import Change

FOLDER = Path(os.environ.get("PAIRLOG_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
NAMES = ("rustcode", "sveltecomponent")


@dataclass(frozen=True)
class Trace:
    """A trace: the texts at both ends and, for each transaction, its changes in UTF-16 and its time.

    Times are milliseconds since the first one. The files have whole seconds; within a second, keys are
    spread by a seeded chance, so that sizes are not flattered by round numbers.
    """

    name: str
    start: str
    end: str
    edits: list[list[Change]]
    times: list[int]


def present() -> bool:
    return all((FOLDER / f"{name}.json.gz").is_file() for name in NAMES)


def load(name: str) -> Trace:
    """Read a trace; its code point offsets become the line and UTF-16 column that an editor would send."""
    raw = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    transactions = [it for it in raw["txns"] if it["patches"]]
    edits = list(_edits(raw["startContent"], transactions))
    return Trace(name, raw["startContent"], raw["endContent"], edits, _times(transactions))


def _edits(text: str, transactions: list[dict[str, Any]]) -> Iterator[list[Change]]:
    document = Document(text, "utf-16")
    for transaction in transactions:
        changes: list[Change] = []
        for position, deleted, inserted in transaction["patches"]:
            change = (*_place(document, position), *_place(document, position + deleted), inserted)
            document.apply([change])
            changes.append(change)
        yield changes


def _times(transactions: list[dict[str, Any]]) -> list[int]:
    chance = random.Random(0)
    stamps = [datetime.fromisoformat(it["time"].replace("Z", "+00:00")) for it in transactions]
    # The first transactions of a trace may bear the epoch in place of a time.
    first = next(stamp for stamp in stamps if stamp.year > 1970)
    seconds = [max(0, int((stamp - first).total_seconds())) for stamp in stamps]
    return sorted(at * 1000 + chance.randrange(1000) for at in seconds)


def _place(document: Document, offset: int) -> tuple[int, int]:
    for number, line in enumerate(document.lines):
        if offset < len(line):
            return number, len(line[:offset].encode("utf-16-le")) // 2
        offset -= len(line)
    last = len(document.lines) - 1
    return last, len(document.lines[last].encode("utf-16-le")) // 2
