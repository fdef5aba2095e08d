"""What a sense is: something that perceives by itself, in threads of its own, and tells a recorder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from lsp_server.recording.documents import Documents
from lsp_server.recording.recorder import Recorder
from pairlog.denied import DenyList
from pairlog.events import PositionEncoding
from pairlog.home import Home

#: What is to be recorded, done to the recorder of the session that runs then.
Act: TypeAlias = Callable[[Recorder], None]
#: Takes an act from any thread, at once, and does it later in the event loop's thread, in order.
Tell: TypeAlias = Callable[[Act], None]
#: Hears files that a client saw change: the address, and whether the file is new.
HearFiles: TypeAlias = Callable[[list[tuple[str, bool]]], None]

_Answer = TypeVar("_Answer")


class Deaf(Exception):
    """Nobody hears a sense any more: its recording is over."""


class Ask(Protocol):
    """Asks about the documents from a thread, after all that it told before; begins no session."""

    def __call__(self, question: Callable[[Documents], _Answer]) -> _Answer:
        """The answer, worked out in the event loop's thread. Raises Deaf."""
        ...


class Place(NamedTuple):
    """Where a recording is made."""

    root: Path
    home: Home
    rules: DenyList
    encoding: PositionEncoding
    ask: Ask
    #: Has the client watch the files from now on; whether it can. For the event loop's thread.
    watch_by_client: Callable[[HearFiles], bool]
    #: Shows a person how it goes, in place of what was shown before. For the event loop's thread.
    show: Callable[[str], None]
    #: What happened before may not be told now: milliseconds since 1970. For the event loop's thread.
    told_from_ms: Callable[[], int]
    #: When a run was last told to begin, by the monotonic clock. For the event loop's thread.
    run_began: Callable[[], float]


class Sense(Protocol):
    """One for each recording, over all its sessions. It perceives between `start` and `stop`.

    What it tells while recording is paused is not written; while nothing is recorded for a while, it begins
    the next session, as a client's messages do.
    """

    def start(self, place: Place, tell: Tell) -> None:
        """Begin. Called in the event loop's thread, after the client has its answer; it must not block."""

    def stop(self) -> None:
        """End, soon: what is told from now on is thrown away. Called in the event loop's thread."""
