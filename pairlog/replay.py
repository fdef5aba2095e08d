"""Replay: events in, documents out. `verify` holds the rebuilt text against what the editor saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pairlog import WIRE
from pairlog.document import Document, Observer
from pairlog.errors import UserError
from pairlog.events import (
    Choice,
    Close,
    Consent,
    Edit,
    Event,
    Forget,
    Gap,
    Open,
    Pause,
    PositionEncoding,
    Rename,
    Save,
    Session,
)
from pairlog.line import LineError, decode

#: Gives the bytes of a blob by its SHA-256.
Blobs = Callable[[str], bytes]


class ReplayError(ValueError):
    """A line that cannot follow the ones before it; the message says why."""


@dataclass
class Replayed:
    """A document at one point of a session."""

    doc: int
    path: str
    language: str | None
    document: Document
    #: The editor has it open.
    open: bool = True
    #: Its text is known: nothing was lost since it was last opened or re-based.
    live: bool = True


class Player:
    """Applies events in order. `documents` and `header` hold the state after the last one.

    Where the consent in force is `metadata`, texts are sizes: no document is live, and edits pass by. A
    consent to more brings a text back with the next `open`.

    An observer, where one is given, sees each change of each document before it happens.
    """

    def __init__(
        self, blobs: Blobs | None = None, observer: Observer | None = None, is_raw: bool = False
    ) -> None:
        """`is_raw`: the lines are a recorder's own, which bear texts at every level."""
        self._is_raw = is_raw
        self.header: Session | None = None
        self.documents: dict[int, Replayed] = {}
        self.seq = -1
        #: Lines bear texts at present, not their sizes.
        self.has_texts = True
        self._blobs = blobs
        self._observer = observer

    @property
    def encoding(self) -> PositionEncoding:
        """The session's position encoding."""
        return self.header.position_encoding if self.header else "utf-16"

    def feed(self, event: Event) -> None:
        """Apply one event. Raises ReplayError where it cannot follow; what was known stays known."""
        if event.seq != self.seq + 1:
            raise ReplayError(f"seq {event.seq} follows {self.seq}")
        self._apply(event)
        through = event.through if isinstance(event, (Gap, Forget)) else None
        self.seq = event.seq if through is None else through

    def at(self, path: str) -> Replayed:
        """The document with this path. Raises KeyError where there is none."""
        for replayed in reversed(self.documents.values()):
            if replayed.path == path:
                return replayed
        raise KeyError(path)

    def _apply(self, event: Event) -> None:
        if isinstance(event, Edit):
            self._edit(event)
        elif isinstance(event, Open):
            self._open(event)
        elif isinstance(event, Close):
            self._known(event.doc).open = False
        elif isinstance(event, Rename):
            replayed = self._known(event.doc)
            replayed.path, replayed.language = event.path, event.language or replayed.language
        elif isinstance(event, Save):
            self._known(event.doc)
        elif isinstance(event, (Gap, Forget, Pause)):
            self._lose(event)
        elif isinstance(event, Consent):
            self._obey(event.level)
        elif isinstance(event, Session):
            if event.wire > WIRE:
                raise ReplayError(
                    f"wire format {event.wire}; this Pairlog reads up to {WIRE}, install a newer one"
                )
            self.header = event
            self._obey(event.consent)

    def _obey(self, level: Choice) -> None:
        self.has_texts = self._is_raw or level in ("content", "workspace")
        if not self.has_texts:
            for replayed in self.documents.values():
                replayed.live = False

    def _edit(self, event: Edit) -> None:
        if not self.has_texts:
            self._known(event.doc)
            return
        document = self._live(event.doc).document
        try:
            document.apply(event.changes)
        except (TypeError, ValueError, AttributeError):
            raise ReplayError("its changes are not `[line, column, line, column, text]`") from None

    def _open(self, event: Open) -> None:
        text = event.text if self.has_texts else None
        if self.has_texts and text is None and event.blob is not None:
            if self._blobs is None:
                raise ReplayError(f"document {event.doc} needs the blob {event.blob}")
            text = self._blobs(event.blob).decode("utf-8", "replace")
        document = Document(text or "", self.encoding, self._observer)
        self.documents.pop(event.doc, None)
        self.documents[event.doc] = Replayed(
            event.doc, event.path, event.language, document, live=text is not None
        )

    def _lose(self, event: Gap | Forget | Pause) -> None:
        lost: Iterable[int] = self.documents
        if isinstance(event, Gap):
            if event.docs is not None:
                lost = event.docs
            elif event.reason in ("unsupported", "not_emitted"):
                lost = ()
        for doc in lost:
            if doc in self.documents:
                self.documents[doc].live = False

    def _known(self, doc: int) -> Replayed:
        try:
            return self.documents[doc]
        except KeyError:
            raise ReplayError(f"document {doc} was never opened") from None

    def _live(self, doc: int) -> Replayed:
        replayed = self._known(doc)
        if not replayed.live:
            raise ReplayError(f"document {doc} was edited before an `open` re-based it")
        return replayed


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `verified` is None where there was no text to check."""

    saves: int
    verified: bool | None
    first_bad_seq: int | None = None
    reason: str | None = None


def verify(lines: Iterable[bytes], blobs: Blobs | None = None) -> Verdict:
    """Replay a session and check every save's hash; stops at the first line that does not fit."""
    player = Player(blobs)
    saves = 0
    for line in lines:
        try:
            event = decode(line)
            player.feed(event)
        except (LineError, ReplayError, UserError) as error:
            return Verdict(saves, False, player.seq + 1, str(error))
        if isinstance(event, Save) and event.sha256 is not None and player.has_texts:
            replayed = player.documents[event.doc]
            saves += 1
            if event.sha256_of == "mismatch":
                return Verdict(saves, False, event.seq, "the recorder saw another text than it had")
            if not (replayed.live and replayed.document.matches(event.sha256)):
                return Verdict(saves, False, event.seq, f"{replayed.path} differs from what was saved")
    return Verdict(saves, True if saves else None)
