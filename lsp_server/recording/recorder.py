"""What a language client says, to the events of a session: document numbers, causes, gaps.

No files and no processes here: lines go to `append`, large texts to `keep_blob`. The hot path is
`did_change` and writes its line by hand; everything else goes through the event classes.
"""

from __future__ import annotations

import json.encoder
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal

from lsp_server.recording.causing import Causing
from lsp_server.recording.documents import Documents, Tracked
from lsp_server.recording.lines import Append
from lsp_server.recording.mending import with_integers
from lsp_server.recording.observe import Unsupported, Withheld, read, read_cause
from lsp_server.recording.outside import OutsideLines
from lsp_server.recording.run_ledger import Writer
from lsp_server.workspace.texts import is_utf8
from pairlog.document import sha256 as sha256_of_text
from pairlog.events import End, Rename, Run, Save, Select
from pairlog.line import LINE_BYTES_MAX
from pairlog.position import scrub

#: The largest text that is recorded; a longer document is refused with a `gap`.
DOCUMENT_CHARS_MAX = 32 * 1024 * 1024

EndReason = Literal["shutdown", "idle", "rollover", "consent", "erased", "interrupted"]

_quote: Callable[[str], str] = json.encoder.encode_basestring


class Recorder(Causing, OutsideLines):
    """One session in the making. Events wait in memory until `flush`, which every read calls once."""

    def __init__(
        self,
        documents: Documents,
        append: Append,
        keep_blob: Callable[[bytes], str],
        now: Callable[[], int],
    ) -> None:
        """As `Lines` takes them."""
        super().__init__(documents, append, keep_blob, now)
        self._unopened: dict[str, int] = {}
        self._ignored: set[tuple[str, str]] = set()
        self._not_utf8: set[int] = set()
        #: The document and the line of text of the last edit.
        self._place = (0, -1)

    # -- the session ---------------------------------------------------------------------------------

    def end(self, reason: EndReason) -> None:
        """Say what was left out, then write the last line, paused or not."""
        self.flush()
        self.is_paused = False
        if self.is_full:
            self._tell_stretch()
        self._pay_consent()
        again = sum(self._unopened.values())
        if again:
            self.gap("unsupported", "further changes and saves of documents that are not open", count=again)
        for detail, count in self._left_out.gaps():
            self.gap("not_emitted", detail, count=count)
        for doc in self.documents:
            if doc.lost:
                self._say_lost(doc)
        self._emit(End(seq=self.next, t=self._t, reason=reason))
        self.urgent = True

    # -- documents -----------------------------------------------------------------------------------

    def did_open(self, uri: str, language: str | None, version: int, text: str) -> None:
        """A document was opened."""
        path = self.documents.folder.path_of(uri)
        if path is None:
            self.documents.left_out.add(uri)
            if not self.is_paused:
                self._left_out.count_outside(uri)
            return
        if self.documents.gate.denies(path):
            self._closed(self.documents.leave_out(uri))
            self.count_denied(path)
            return
        if len(text) > DOCUMENT_CHARS_MAX:
            self.documents.left_out.add(uri)
            self.gap("not_emitted", f"a document of more than {DOCUMENT_CHARS_MAX} characters")
            return
        again = self._unopened.pop(uri, 0)
        if again:
            self.gap("unsupported", "further changes and saves of a document that was not open", count=again)
        text = scrub(text)
        doc = self.documents.open(uri, path, language, version, text)
        doc.saved = doc.document.sha256()
        doc.is_written(text)
        self._open(doc, "opened")

    def did_change(self, params: Any) -> None:
        """A document changed; `params` as they are on the wire. Never raises."""
        try:
            identifier = params["textDocument"]
            doc = self.documents.by_uri.get(identifier["uri"])
        except (TypeError, KeyError):
            self.gap("unsupported", "a didChange without a document")
            return
        if doc is None:
            doc = self._respelt(identifier["uri"], "a change")
        if doc is None:
            return
        if not doc.live:
            self._change_lost(doc, params)
            return
        try:
            changes = params["contentChanges"]
            version = identifier.get("version")
            due = doc.version + 1
            told = "" if version == due or version is None else f',"version":{version:d}'
            parts = []
            applied = []
            for change in changes:
                text = change["text"]
                if not text.isascii():
                    text = scrub(text)
                place = change.get("range")
                if place is None:
                    parts.append(f"[0,0,-1,0,{_quote(text)}]")
                    applied.append((0, 0, -1, 0, text))
                    continue
                start = place["start"]
                end = place["end"]
                line = start["line"]
                column = start["character"]
                end_line = end["line"]
                end_column = end["character"]
                parts.append(f"[{line:d},{column:d},{end_line:d},{end_column:d},{_quote(text)}]")
                applied.append((line, column, end_line, end_column, text))
        except (TypeError, KeyError, ValueError, AttributeError):
            self._change_unread(doc, params)
            return
        is_reported = doc.cause is not None
        is_key = not is_reported and doc.history.take_key(applied)
        why = "" if is_key else self._explain(doc, applied)
        doc.version = version if told else due
        doc.edited = (self.next, self._t, is_reported)
        body = (
            f'{{"seq":{self.next},"t":{self._t},"type":"edit","doc":{doc.number},'
            f'"changes":[{",".join(parts)}]{told}{why}}}\n'
        ).encode()
        if len(body) > LINE_BYTES_MAX:
            self.gap("not_emitted", f"a change of more than {LINE_BYTES_MAX} bytes", docs=[doc.number])
            self._open(doc, "after_gap")
            return
        self._lines.append(body)
        self.next += 1
        place = doc.number, applied[0][0] if applied else -1
        if place != self._place:
            # Another line of text: the one before is finished.
            self._place = place
            self.releases = True

    def did_save(self, uri: str, text: str | None, read_file: Callable[[], bytes | None]) -> None:
        """A document was saved; `read_file` gives the bytes on disk where the client sent no text.

        Bytes that are no UTF-8 are no text's: such a save has no hash, as nothing could ever match it.
        """
        doc = self.documents.find(uri) or self._respelt(uri, "a save")
        if doc is None:
            return
        digest: str | None = None
        of: str | None = None
        is_text = True
        if text is not None:
            text = scrub(text)
            if not doc.live:
                self._rebase_from(doc, text)
            digest, of = sha256_of_text(text), "text"
        elif doc.live and (data := read_file()) is not None:
            is_text = is_utf8(data)
            if is_text:
                digest, of = sha256(data).hexdigest(), "disk"
                text = data.decode("utf-8-sig")
        if doc.path.endswith(".gitignore"):
            self.documents.gate.forget()
        doc.edited, doc.saved, doc.is_gone = None, digest, False
        doc.is_written(text, is_exact=of == "disk")
        self._learn(self.causes.saved(doc.number, doc.history, self._t))
        seq = self.next
        self.event(Save, doc=doc.number, sha256=digest, sha256_of=of)
        if self.next > seq:
            self._saved.note(self._t, doc.number, seq)
        if not is_text and doc.number not in self._not_utf8:
            self._not_utf8.add(doc.number)
            self.gap("unsupported", "a file that is no UTF-8: its saves cannot be checked")
        self.urgent = True

    def did_close(self, uri: str) -> None:
        """The editor let go of a document. The text of its file, which may be older, is followed on."""
        doc = self.documents.close(uri)
        self._closed(doc)
        text = doc.text_of_file if doc is not None else None
        if doc is None or text is None:
            return
        if text != doc.document.text:
            doc.replace(text)
        if doc.place != doc.path:
            if self.documents.of_file(doc.place) is None:
                self.follow(self.documents.take_in(doc.place, text, "disk"), "disk")
            return
        doc.edited, doc.live, doc.cause = None, True, None
        self.follow(doc, "disk")

    def did_rename(self, old_uri: str, new_uri: str) -> None:
        """A file or a folder was renamed; both addresses as the client gives them.

        What must not be recorded under its new name is closed and forgotten.
        """
        folder = self.documents.folder
        old, new = folder.path_of(old_uri), folder.path_of(new_uri)
        if old is None:
            return
        moves = self.documents.moves(old, new or "")
        denied = self.documents.gate.denied([path for _, path in moves]) if new is not None else set()
        for path, renamed in moves:
            if new is not None and renamed not in denied:
                self.event(Rename, doc=self.documents.move(path, renamed), path=renamed)
                continue
            self._closed(self.documents.forget(path))
            self.count_denied(renamed if new is not None else path)

    def _closed(self, doc: Tracked | None) -> None:
        if doc is None:
            return
        if doc.lost:
            self._say_lost(doc)
        self._close(doc.number)

    def saw(self, ms_ago: int) -> dict[str, int] | None:
        """The seq of the text that each document had on disk so long ago, as a run's `saw` has it."""
        return self._saved.at(self._t - ms_ago) or None

    def parent(self, ms_ago: int, runner: str) -> str | None:
        """The run that a run of `runner` was most likely started by so long ago (`RunLedger.parent`)."""
        return self.runs.parent(self._t - ms_ago, runner)

    def writer(self, ms_ago: int, began_ms_ago: int) -> Writer | None:
        """The run that can have written a report so long ago (`RunLedger.writer`)."""
        return self.runs.writer(self._t - ms_ago, self._t - began_ms_ago)

    # -- pairlog/observe -----------------------------------------------------------------------------

    def observe(self, params: Any) -> None:
        """A client says more than LSP can.

        Never raises: what is not understood becomes a `gap`.
        """
        if not isinstance(params, dict):
            self.gap("unsupported", "an observation that is no object")
            return
        kind = params.get("type")
        try:
            if kind == "cause":
                self._hear_cause(params)
            elif kind == "time":
                self._hear_time(params)
            elif not self.is_paused:
                self._observe(params)
        except Unsupported as problem:
            self.gap("unsupported", str(problem))

    def _observe(self, params: dict[str, Any]) -> None:
        try:
            cls, fields, ignored, ms_ago = read(params, self._number_of, self._left_out.admit)
        except Withheld:
            return
        if cls is Run:
            self.urgent = True
            self.runs.hear(self._t, fields, ms_ago)
        elif cls is Select:
            self.causes.selected(fields["doc"], fields["selections"])
        self.event(cls, **fields)
        for field in ignored:
            if (cls.type, field) not in self._ignored:
                self._ignored.add((cls.type, field))
                self.gap("unsupported", f"{cls.type}: the unknown field `{field}`")

    def _hear_cause(self, params: dict[str, Any]) -> None:
        uri = params.get("uri")
        doc = self.documents.find(uri) if isinstance(uri, str) else None
        if doc is None and isinstance(uri, str) and self._left_out.has(uri):
            return
        if doc is None:
            raise Unsupported("cause: `uri` is no open document")
        doc.cause = read_cause(params)

    def _hear_time(self, params: dict[str, Any]) -> None:
        t = params.get("t")
        if type(t) is not int or t < 0:
            raise Unsupported("time: `t` is missing or mistyped")
        if not self._obeys_client_clock:
            raise Unsupported('time: this session has not `clock: "client"`')
        self._t = self._told_t = max(t, self._t)

    def _number_of(self, uri: str) -> int | None:
        doc = self.documents.find(uri)
        if doc is None and self._left_out.has(uri):
            raise Withheld
        return None if doc is None else doc.number

    # -- changes that are no plain edit ----------------------------------------------------------------

    def _respelt(self, uri: Any, what: str) -> Tracked | None:
        """The open document at an address that no `didOpen` spelt like this; None where there is none."""
        if not isinstance(uri, str) or uri in self.documents.left_out:
            return None
        doc = self.documents.find(uri)
        if doc is not None:
            self.documents.by_uri[uri] = doc
        elif self.is_paused or self._left_out.has(uri):
            return None
        elif uri in self._unopened:
            self._unopened[uri] += 1
        else:
            self._unopened[uri] = 0
            self.gap("unsupported", f"{what} of a document that is not open")
        return doc

    def _change_unread(self, doc: Tracked, params: Any) -> None:
        """A change that is not as LSP says: numbers with a fraction are mended, the rest is lost."""
        mended = with_integers(params)
        if mended is not None:
            self.did_change(mended)
            return
        doc.live = False
        doc.cause = None
        self.gap("unsupported", "a didChange that could not be read", docs=[doc.number])

    def _change_lost(self, doc: Tracked, params: Any) -> None:
        """A change on a text that is not known: lost, unless it brings the whole text."""
        try:
            changes = params["contentChanges"]
            whole = [i for i, change in enumerate(changes) if change.get("range") is None]
            if whole:
                self._rebase_from(doc, scrub(changes[whole[-1]]["text"]))
                params["contentChanges"] = changes[whole[-1] :]
                self.did_change(params)
                return
        except (TypeError, KeyError, AttributeError):
            pass
        if not self.is_paused:
            doc.lost += 1

    def _rebase_from(self, doc: Tracked, text: str) -> None:
        if doc.lost:
            self._say_lost(doc)
        doc.replace(text)
        doc.live = True
        self._open(doc, "after_gap")

    def _say_lost(self, doc: Tracked) -> None:
        self.gap("not_emitted", "changes of a text that was not known", count=doc.lost, docs=[doc.number])
        doc.lost = 0
