"""What has left and must be taken back: requests that wait on the disk until the collector has obeyed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lsp_server.home.rewriting import replace
from pairlog.masking import Span

#: Spans in one request.
_SPANS_MAX = 1000


@dataclass(frozen=True)
class Recall:
    """One request; `what` is the last part of its address. `chars`: how many characters it takes back."""

    what: Literal["redactions", "forget"]
    body: dict[str, Any] = field(default_factory=dict)
    chars: int = 0


class Recalls:
    """The requests of one session, in their order."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier sender left. Raises OSError, and ValueError where the file is damaged."""
        self._path = path
        self._waiting: list[Recall] = []
        try:
            self._waiting = [Recall(**entry) for entry in json.loads(path.read_bytes())]
        except FileNotFoundError:
            return
        except (TypeError, ValueError):
            raise ValueError(f"{path.name} is damaged") from None

    def __iter__(self) -> Iterator[Recall]:
        return iter(tuple(self._waiting))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, recalls: Iterable[Recall]) -> None:
        """Keep requests, on the disk when this returns. Raises OSError."""
        self._write([*self._waiting, *recalls])

    def done(self, recall: Recall) -> None:
        """The collector has obeyed this one. Raises OSError."""
        self._write([waiting for waiting in self._waiting if waiting is not recall])

    def _write(self, waiting: list[Recall]) -> None:
        if not waiting:
            self._path.unlink(missing_ok=True)
        else:
            replace(self._path, [json.dumps([asdict(recall) for recall in waiting]).encode()])
        self._waiting = waiting


def redactions(
    spans: Sequence[Span], saves: Sequence[tuple[int, str | None]], blobs: Sequence[tuple[str, str]]
) -> Iterator[Recall]:
    """The requests that mask these spans, in pieces that a collector takes; the rest goes with the last."""
    for start in range(0, max(1, len(spans)), _SPANS_MAX):
        some = spans[start : start + _SPANS_MAX]
        is_last = start + _SPANS_MAX >= len(spans)
        body = {
            "id": str(uuid.uuid4()),
            "spans": [list(span) for span in some],
            "saves": [list(save) for save in saves] if is_last else [],
            "blobs": [list(pair) for pair in blobs] if is_last else [],
        }
        yield Recall("redactions", body, sum(span.length for span in some))


def forget(first: int, through: int) -> Recall:
    """The request that takes these lines back."""
    return Recall("forget", {"from": first, "through": through})


def forget_time(since_ms: int, until_ms: int) -> Recall:
    """The request that takes back what a session has of a time, in milliseconds since 1970."""
    return Recall("forget", {"since": since_ms, "until": until_ms})
