"""What a sense is: something that perceives by itself, in threads of its own, and tells a recorder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from lsp_server.recording.recorder import Recorder
from lsp_server.workspace.denied import DenyList
from pairlog.events import PositionEncoding
from pairlog.home import Home

#: What is to be recorded, done to the recorder of the session that runs then.
Act: TypeAlias = Callable[[Recorder], None]
#: Takes an act from any thread, at once, and does it later in the event loop's thread, in order.
Tell: TypeAlias = Callable[[Act], None]


class Place(NamedTuple):
    """Where a recording is made."""

    root: Path
    home: Home
    rules: DenyList
    encoding: PositionEncoding


class Sense(Protocol):
    """One for each recording, over all its sessions. It perceives between `start` and `stop`.

    What it tells while recording is paused is not written; while nothing is recorded for a while, it begins
    the next session, as a client's messages do.
    """

    def start(self, place: Place, tell: Tell) -> None:
        """Begin. Called in the event loop's thread, after the client has its answer; it must not block."""

    def stop(self) -> None:
        """End, soon: what is told from now on is thrown away. Called in the event loop's thread."""
