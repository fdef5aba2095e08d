"""The trail of what is forgotten: where the characters and the words of some lines go in the lines behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from pairlog.events import (
    Close,
    Edit,
    Event,
    Open,
    Session,
    Workspace,
)
from pairlog.intervals import Intervals
from pairlog.line import parse
from pairlog.masking import Span, mask_text
from pairlog.pointer import BLOB_TEXT
from pairlog.position import scrub, units
from pairlog.provenance import Provenance, Touched
from pairlog.rebasing import Openings
from pairlog.replay import Blobs, Player, ReplayError
from pairlog.snapshots import Snapshots
from pairlog.strings import inside, strings, typed
from pairlog.words import Words, words


class Trail:
    """Follows a session: lines `before` the forgotten ones, the ones `inside`, `turn`, those `behind`.

    `spans` are what is to be masked in the lines behind.
    """

    def __init__(self, read_blob: Blobs, is_raw: bool = False) -> None:
        """`is_raw`: the lines are a recorder's own, which bear texts at every level."""
        self.player = Player(read_blob, is_raw=is_raw)
        self.spans: list[Span] = []
        self._blobs: dict[str, set[tuple[int, int]]] = {}
        self._read_blob = read_blob
        self._snapshots = Snapshots(read_blob)
        self._digests: dict[int, str] = {}
        self._openings = Openings()
        self._provenance = Provenance("utf-16")
        self._last = -1
        self._common: set[str] = set()
        self._typed: set[str] = set()
        self._words = Words()

    def before(self, line: bytes, event: Event) -> None:
        """A line that stays as it is: its words are no secrets."""
        if isinstance(event, Session):
            self._provenance = Provenance(event.position_encoding)
        touched = self._feed(event)
        if isinstance(event, Workspace):
            self._snapshots.keep(event)
        for _, _, text in strings(parse(line)):
            self._common.update(words(text))
        if touched is not None and isinstance(event, (Open, Edit)):
            self._common.update(self._words_in(event.doc, touched))

    def inside(self, event: Event) -> None:
        """A line that is forgotten."""
        touched = self._feed(event)
        self._last = event.seq
        if touched is None:
            for text in typed(event):
                self._typed.update(words(text))
        elif isinstance(event, (Open, Edit)):
            self._provenance.mark_brought(event.seq, event.doc)
            self._typed.update(self._marked_words(event.doc, touched))

    def turn(self) -> None:
        """The forgotten lines end here."""
        self._words = Words(self._common)
        self._words.add(self._typed)

    @property
    def words(self) -> frozenset[str]:
        """The forgotten words; complete after `turn`."""
        return frozenset(self._words.all)

    def behind(self, line: bytes, event: Event) -> None:
        """A line behind the forgotten ones."""
        if isinstance(event, Open) and event.blob is not None:
            self._digests[event.seq] = event.blob
        touched = self._feed(event)
        if not self.player.has_texts:
            return
        if touched is not None and isinstance(event, (Open, Edit)):
            self._take(touched.inherited)
            self._follow_words(event, touched)
            if event.seq in self._digests:
                self._mask(event.seq, BLOB_TEXT, self._provenance.documents[event.doc].text)
        elif isinstance(event, Workspace):
            self._follow_files(event)
        for pointer, kind, text in strings(parse(line)):
            if kind in ("text", "identifier"):
                self._mask(event.seq, pointer, scrub(text))

    def contents(self) -> dict[str, bytes]:
        """The contents that take the place of others, by the SHA-256 of those."""
        masked = {
            digest: mask_text(
                self._read_blob(digest).decode("utf-8", "replace"), ranges, self.player.encoding
            ).encode()
            for digest, ranges in self._blobs.items()
        }
        return {**masked, **self._snapshots.renamed(masked)}

    def opening(self, doc: int, seq: int, t: int) -> Open:
        """The `open` of a document as it stands here, masked."""
        replayed = self.player.documents[doc]
        text: str | None = None
        if replayed.live:
            text = self._provenance.masked_text(doc)
        return self._openings.again(replayed, seq, t, text)

    def standing(self) -> dict[int, list[tuple[int, int]]]:
        """The forgotten characters that stand in documents: start and length in units of the whole text."""
        encoding = self.player.encoding
        found: dict[int, list[tuple[int, int]]] = {}
        if not self.player.has_texts:
            return found
        for doc, document in self._provenance.documents.items():
            at = done = 0
            for number, start, end in self._provenance.marked(doc):
                at += sum(units(line, encoding) for line in document.lines[done:number])
                done = number
                line = document.lines[number]
                place = at + units(line[:start], encoding), units(line[start:end], encoding)
                found.setdefault(doc, []).append(place)
        return found

    def _feed(self, event: Event) -> Touched | None:
        """Apply an event, where it can follow, and tell what it did to a document whose text is known."""
        player = self.player
        live = isinstance(event, Edit) and event.doc in player.documents and player.documents[event.doc].live
        player.seq = event.seq - 1
        with suppress(ReplayError):
            player.feed(event)
        self._openings.feed(event)
        if isinstance(event, Open):
            pointer, text = "/text", event.text
            if text is None and event.blob is not None:
                pointer, text = BLOB_TEXT, self._read_blob(event.blob).decode("utf-8", "replace")
            if text is not None:
                return self._provenance.open(event.seq, event.doc, text, pointer, event.why != "opened")
        elif isinstance(event, Edit) and live:
            return self._edit(event)
        elif isinstance(event, Close):
            self._provenance.close()
        return None

    def _edit(self, event: Edit) -> Touched:
        try:
            is_undo = event.cause in ("undo", "redo")
            return self._provenance.edit(event.seq, event.doc, event.changes, is_undo)
        except (TypeError, ValueError, AttributeError):
            return Touched(0, len(self._provenance.documents[event.doc].lines) - 1, [])

    def _marked_words(self, doc: int, touched: Touched) -> Iterator[str]:
        """The words of forgotten characters, as they stand together and as they were brought."""
        provenance = self._provenance
        lines = provenance.documents[doc].lines
        for number, start, end in provenance.marked(doc, touched.first, touched.last):
            yield from words(lines[number][start:end])
        for number in range(touched.first, touched.last + 1):
            for start, end in provenance.bursts(doc, number):
                yield from words(lines[number][start:end])

    def _words_in(self, doc: int, touched: Touched) -> Iterator[str]:
        for line in self._provenance.documents[doc].lines[touched.first : touched.last + 1]:
            yield from words(line)

    def _mask(self, seq: int, pointer: str, text: str) -> None:
        """Mask the words in a string of a line."""
        encoding = self.player.encoding
        self._take(
            Span(seq, pointer, units(text[:start], encoding), units(text[start:end], encoding))
            for start, end in self._words.find(text)
        )

    def _follow_files(self, event: Workspace) -> None:
        """Mask the files of a snapshot like the documents that they are saved from, and the words in them."""
        encoding = self.player.encoding
        docs = {replayed.path: doc for doc, replayed in self.player.documents.items()}
        for path, digest, text in self._snapshots.texts(event):
            found = list(self._words.find(text))
            if path in docs:
                found += self._provenance.marked_like(docs[path], text)
            if found:
                self._blobs.setdefault(digest, set()).update(
                    (units(text[:start], encoding), units(text[start:end], encoding)) for start, end in found
                )

    def _follow_words(self, event: Open | Edit, touched: Touched) -> None:
        """Mark the words in what a line changed; what is marked by now may stand as other words."""
        document = self._provenance.documents[event.doc]
        if _tells_more(event, touched):
            touched = Touched(0, len(document.lines) - 1, [])
        grown = True
        while grown:
            for number in range(touched.first, touched.last + 1):
                self._mark_words(event.doc, number)
            grown = self._words.add(self._marked_words(event.doc, touched))

    def _mark_words(self, doc: int, line: int) -> None:
        """Mark the words in a line of a document, but for what the lines before brought."""
        found = Intervals(self._words.find(self._provenance.documents[doc].lines[line]))
        if not found:
            return
        done = Intervals(self._provenance.bursts(doc, line))
        for start, end in found.stretches():
            for at in (at for pair in done.without(start, end) for at in range(*pair)):
                spans = self._provenance.origins(doc, line, at, at + 1)
                if spans[-1].seq > self._last:
                    self._provenance.mark(doc, line, at, at + 1)
                    self._take(spans)

    def _take(self, spans: Iterable[Span]) -> None:
        for span in spans:
            if span.seq <= self._last:
                continue
            if span.pointer == BLOB_TEXT:
                self._blobs.setdefault(self._digests[span.seq], set()).add((span.start, span.length))
            else:
                self.spans.append(span)


def _tells_more(event: Open | Edit, touched: Touched) -> bool:
    """Whether a line carries text that it left as it was."""
    lines = touched.last - touched.first
    return isinstance(event, Open) or any(text.count("\n") > lines for _, text in inside(event.changes, ""))
