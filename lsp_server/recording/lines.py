"""The lines of a session on their way to the spool: their seqs, what was lost, what rests while paused.

Events wait in memory until `flush`. Which event a client's message becomes is the recorder's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, Literal, TypeAlias

from lsp_server.home.spool import HIDDEN
from lsp_server.recording.documents import Documents, Tracked
from lsp_server.recording.owed import OwedConsent
from lsp_server.recording.saved_texts import SavedTexts
from pairlog.consent import Consented
from pairlog.events import Close, Consent, Event, Gap, Open, Pause, Rename, Resume, Save, Session, Why
from pairlog.line import LINE_BYTES_MAX, encode, parse, write
from pairlog.position import scrub
from pairlog.stripping import size

#: A text above this many characters is kept as a blob: stored once however often it is opened, and no
#: line of a frame is larger than what was typed or pasted.
INLINE_CHARS_MAX = 64 * 1024
#: Unless no blob can be kept: then up to this many, which fit a line however they are escaped.
_INLINE_CHARS_AT_WORST = 2 * 1024 * 1024

GapReason = Literal["unsupported", "not_emitted", "delivery_lost", "interrupted", "refused"]


#: Takes lines, each with its line break; returns how many it took, the first ones (`home/spool.py`).
Append: TypeAlias = Callable[[list[bytes]], int]


class Lines:
    """What one session writes, in order and without holes."""

    def __init__(
        self,
        documents: Documents,
        append: Append,
        keep_blob: Callable[[bytes], str],
        now: Callable[[], int],
    ) -> None:
        """`keep_blob` returns the SHA-256 of what it stored, or raises OSError; `now` gives `t`."""
        self.documents = documents
        #: The seq of the next line.
        self.next = 0
        #: A line that must survive a power cut waits for the disk: a save, a run, the end.
        self.urgent = False
        #: There are lines that may leave: the sender should know.
        self.releases = False
        #: Nothing can be written at present: what happens is lost, and counted.
        self.is_full = False
        #: Somebody asked for a pause: what happens is followed, as its texts must be known, but not recorded.
        self.is_paused = False
        #: Lines lost since nothing can be written.
        self.lost = 0
        self._append = append
        self._keep_blob = keep_blob
        self._now = now
        self._t = 0
        self._told_t: int | None = None
        self._obeys_client_clock = False
        self._lines: list[bytes] = []
        #: A pause is over, and the `resume` that says so could not be written.
        self._owes_resume = False
        self._consent = OwedConsent()
        #: Documents with an `open` on the wire, and whether they are still open there.
        self._on_wire: dict[int, bool] = {}
        self._opens: list[tuple[int, int, bool]] = []
        self._saved = SavedTexts()

    def begin(self, header: Session) -> None:
        """Write the header."""
        self._obeys_client_clock = header.clock == "client"
        self._consent.begin(header.consent)
        self._forget_edits(0)
        self._emit(header)

    def read_clock(self) -> None:
        """Take the time; every event until the next call bears it."""
        self._t = self._now() if self._told_t is None else self._told_t

    def ago(self, ms: int) -> int:
        """What `t` was so many milliseconds ago."""
        return self._t - ms

    def event(self, cls: type[Event], **fields: Any) -> None:
        """Write an event of any other kind."""
        self._emit(cls(seq=self.next, t=self._t, **fields))

    def gap(
        self, reason: GapReason, detail: str, count: int | None = 1, docs: Iterable[int] | None = None
    ) -> None:
        """Say that something is lost."""
        listed = None if docs is None else sorted(docs)
        self._emit(Gap(seq=self.next, t=self._t, reason=reason, count=count, detail=detail, docs=listed))

    def tell_consent(self, choice: Consented) -> None:
        """Write down the choice in force from here on; where nothing is written now, before the next text."""
        self._consent.owe(choice)
        if not (self.is_paused or self.is_full) and self._pay_consent():
            self.rebase(why="resync")

    def rebase(self, numbers: Iterable[int] | None = None, why: Why = "after_gap") -> None:
        """Write the text of all open documents, or of those with these numbers, as it stands."""
        wanted = None if numbers is None else set(numbers)
        for doc in self.documents:
            if doc.live and (wanted is None or doc.number in wanted) and self._is_told(doc):
                self._open(doc, why)

    def forgot(self, opened: Set[int], standing: Mapping[int, Sequence[tuple[int, int]]]) -> None:
        """Lines were taken back: write the documents anew, paused or not.

        `opened` are the documents that still have an `open`; `standing` says, by document, what must not be
        read of a text (`HIDDEN`).
        """
        self.flush()
        rests, self.is_paused = self.is_paused, False
        self._saved.clear()
        self._forget_edits(0)
        self._on_wire = {number: is_open for number, is_open in self._on_wire.items() if number in opened}
        for doc in self.documents:
            hidden = standing.get(doc.number)
            doc.has_forgotten = doc.has_forgotten or bool(hidden)
            if doc.live and self._is_told(doc):
                self._open(doc, "after_forget", hidden)
        self._close_gone()
        self.flush()
        self.is_paused = rests

    def flush(self) -> None:
        """Hand the waiting lines over; what was not taken is counted and its seqs are given again."""
        lines = self._lines
        if not lines:
            return
        self._lines = []
        if self.is_paused:
            self.take_back(len(lines))
            return
        taken = 0 if self.is_full else self._append(lines)
        if taken < len(lines):
            self.is_full = True
            self.lost += len(lines) - taken
            self.take_back(len(lines) - taken)
        if self._opens:
            self._on_wire.update({number: is_open for _, number, is_open in self._opens})
            self._opens = []

    # -- pauses --------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Record nothing from here to `resume`, which is the next line."""
        self.flush()
        if not self.is_full:
            self.event(Pause)
            self.flush()
        self.is_paused = True

    def resume(self) -> None:
        """Go on, with every open document as it stands."""
        self.flush()
        self.is_paused = False
        if not self.is_full:
            self.event(Resume)
            self._pay_consent()
            self._close_gone()
            self.rebase(why="resumed")
            self.flush()
        self._owes_resume = self.is_full

    # -- stretches that could not be written ---------------------------------------------------------

    def stop(self) -> None:
        """Write nothing more until `recover`; what happens is counted."""
        self.flush()
        self.is_full = True

    def recover(self) -> bool:
        """Try to go on after a stretch that could not be written; returns whether it worked.

        The stretch becomes a `gap` and every open document is re-based.
        """
        self.flush()
        rests, self.is_paused = self.is_paused, False
        lost, first = self.lost, self.next
        self._tell_stretch()
        has_texts_again = self._pay_consent()
        if rests:
            self.event(Pause)
        elif lost or self._owes_resume or has_texts_again:
            if self._owes_resume:
                self.event(Resume)
            self.rebase()
        self.flush()
        self.is_paused = rests
        if not self.is_full:
            self._owes_resume = False
        elif self.next == first:
            self.lost = lost
        return not self.is_full

    def _tell_stretch(self) -> None:
        self.is_full = False
        lost, self.lost = self.lost, 0
        if lost:
            docs = {doc.number for doc in self.documents} | set(self._on_wire)
            self.gap("not_emitted", "nothing could be written", count=lost, docs=docs)
        self._close_gone()

    def _close_gone(self) -> None:
        """Close the documents that were closed while nothing was written."""
        open_now = {doc.number for doc in self.documents if self._is_told(doc)}
        for number in [number for number, is_open in self._on_wire.items() if is_open]:
            if number not in open_now:
                self._close(number)

    def _pay_consent(self) -> bool:
        """Write the choice that is owed; whether the texts left out before it are wanted now."""
        choice, wants_texts = self._consent.pay(self.next)
        if choice is not None:
            self.event(Consent, level=choice.level, use=choice.use, policy=choice.policy)
        return wants_texts

    # -- lines ---------------------------------------------------------------------------------------

    def _emit(self, event: Event) -> None:
        if isinstance(event, (Close, Rename, Save)) and event.doc not in self._known_on_wire():
            return
        self._add(encode(event), event.type)

    def _add(self, line: bytes, kind: str) -> None:
        if len(line) > LINE_BYTES_MAX:
            self.gap("not_emitted", f"a {kind} of more than {LINE_BYTES_MAX} bytes")
            return
        self._lines.append(line + b"\n")
        self.next += 1
        self.releases = True

    def _known_on_wire(self) -> set[int]:
        return self._on_wire.keys() | {number for _, number, _ in self._opens}

    def _is_told(self, doc: Tracked) -> bool:
        """Whether a document is to be open on the wire; what no editor has open only where it changed."""
        return doc.source == "editor" or (doc.is_told and self.shows(doc.number))

    def shows(self, number: int) -> bool:
        """Whether a document is open on the wire."""
        last = next((is_open for _, it, is_open in reversed(self._opens) if it == number), None)
        return self._on_wire.get(number, False) if last is None else last

    def _close(self, number: int) -> None:
        if self.shows(number):
            self._opens.append((self.next, number, False))
            self.event(Close, doc=number)

    def _open(self, doc: Tracked, why: Why, hidden: Sequence[tuple[int, int]] | None = None) -> None:
        if self.is_paused:
            return
        whole = doc.document.text
        text: str | None = whole
        blob = None
        if len(whole) > INLINE_CHARS_MAX and not self._consent.lets_texts_out:
            # Nothing but the size will leave, and stands where the blob's name would.
            blob, text = size(whole), None
        elif len(whole) > INLINE_CHARS_MAX:
            try:
                blob, text = self._keep_blob(whole.encode()), None
            except OSError:
                # Without room for a blob, the line has room in memory.
                if len(whole) > _INLINE_CHARS_AT_WORST:
                    self.flush()
                    self.is_full = True
                    self.lost += 1
                    return
        self._opens.append((self.next, doc.number, True))
        event = Open(
            seq=self.next,
            t=self._t,
            doc=doc.number,
            path=scrub(doc.path),
            why=why,
            source=doc.source,
            language=doc.language,
            version=doc.version if doc.source == "editor" else None,
            text=text,
            blob=blob,
        )
        line = encode(event)
        self._add(write({**parse(line), HIDDEN: hidden}) if hidden else line, event.type)

    def take_back(self, count: int) -> None:
        """Lines that were not written have no seq, and nothing may go by them."""
        self.next -= count
        self._consent.take_back(self.next)
        self._opens = [entry for entry in self._opens if entry[0] < self.next]
        self._saved.take_back(self.next)
        self._forget_edits(self.next)

    def _forget_edits(self, following: int) -> None:
        """Edits from this seq on are no lines of this session."""
        for doc in self.documents:
            if doc.edited is not None and doc.edited[0] >= following:
                doc.edited = (-1, *doc.edited[1:])
