"""What a recorder and the sender say of themselves, in files that `pairlog status` and clients read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

State = Literal["off", "recording", "paused", "offline"]
#: How a delivery goes. waiting: no collector is known; parked: it will not be tried again.
Progress = Literal["sending", "offline", "waiting", "parked"]

#: A recorder's file has one size, so that it can be written over on a full disk.
_RECORDER_BYTES = 1024


@dataclass(frozen=True)
class RecorderState:
    """How a recorder is doing."""

    state: State
    detail: str
    workspace: str
    level: str
    #: Somebody asked for a pause, whatever else keeps it from recording.
    is_paused: bool = False
    #: An order to forget was obeyed up to this moment, in milliseconds since 1970.
    forgot_until_ms: int = 0


class RecorderStateFile:
    """Overwritten in place."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)

    def write(self, state: RecorderState) -> None:
        """Say it; a disk that refuses is no reason to stop."""
        text = json.dumps(asdict(state))
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            written = os.write(self._descriptor, text.ljust(_RECORDER_BYTES).encode())
            os.ftruncate(self._descriptor, written)
        except OSError:
            return

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def read_recorder(path: Path) -> RecorderState | None:
    """What a recorder said; None where there is nothing to read."""
    try:
        return RecorderState(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@dataclass
class Delivered:
    """How the delivery of a session is doing."""

    state: Progress = "sending"
    acked: int = -1
    detail: str = ""
    #: Characters of secrets that had left before they were known as such, and were taken back.
    recalled: int = 0


@dataclass
class SenderState:
    """All sessions that the sender has in hand."""

    sessions: dict[str, Delivered] = field(default_factory=dict)

    def words(self) -> dict[str, tuple[str, str]]:
        """How each delivery goes, without how far it came."""
        return {name: (it.state, it.detail) for name, it in self.sessions.items()}


def write_sender(path: Path, state: SenderState) -> None:
    """Say it, whole or not at all; a disk that refuses is no reason to stop."""
    fresh = path.with_suffix(".fresh")
    try:
        told = {name: vars(delivered) for name, delivered in state.sessions.items()}
        fresh.write_text(json.dumps({"sessions": told}), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return


def read_sender(path: Path) -> SenderState:
    """What the sender said last; empty where it said nothing."""
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return SenderState({name: Delivered(**entry) for name, entry in found["sessions"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return SenderState()
