"""The lines of what happens beside the editor: files that change on disk, and version control.

Where the editor has a document open, it is the authority: the disk only says why it read the file anew.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import Literal, NamedTuple

from lsp_server.recording.documents import Documents, Tracked
from lsp_server.recording.left_out import LeftOut
from lsp_server.recording.lines import Append, Lines
from lsp_server.recording.run_ledger import RunLedger
from lsp_server.workspace.line_ends import alike
from pairlog.events import Attribution, Change, Edit, Rename, Run, Source, Vcs

#: What a change on disk was to a document that the editor has open: its own save, `saving` where that is not
#: told yet; `reloaded` by the editor; `unexplained` where the editor shows another text.
Fate = Literal["own", "saving", "reloaded", "alike", "unexplained", "closed"]


class Base(NamedTuple):
    """What a file was before it changed: its text, who said so, and the document that has it, if one has."""

    text: str
    source: Source
    doc: Tracked | None


class OutsideLines(Lines):
    """What one session writes of the world outside."""

    def __init__(
        self,
        documents: Documents,
        append: Append,
        keep_blob: Callable[[bytes], str],
        now: Callable[[], int],
    ) -> None:
        """As `Lines` takes them."""
        super().__init__(documents, append, keep_blob, now)
        self._left_out = LeftOut(documents)
        self.runs = RunLedger(self._saved)
        #: So much changed at once that not all of it is told: only a new manifest can show it.
        self.wants_manifest = False

    def count_denied(self, path: str) -> None:
        """A file that must not be recorded: it is told as a count alone."""
        if not self.is_paused:
            self._left_out.count_denied(path)

    def follow(self, doc: Tracked, source: Source) -> None:
        """Know this document's text as that of its file, until there is no room for it."""
        doc.source, doc.is_told = source, False
        for gone in self.documents.keep(doc):
            self._close(gone.number)

    def edit_on_disk(
        self, path: str, base: Base, changes: Sequence[Change], ref: str | None, since: float
    ) -> bool:
        """A file that no editor has open was changed; `ref` names what did it.

        It has its text `since`, in seconds since 1970.

        False where that is another document than `base` says by now: it was opened meanwhile.
        """
        doc = self.documents.on_disk.get(path)
        if doc is not base.doc or self.documents.of_file(path) is not None:
            return False
        doc = doc or self.documents.take_in(path, base.text, base.source)
        is_open = doc.is_told and self.shows(doc.number)
        self.follow(doc, doc.source)
        doc.is_told = doc.is_exact = True
        if not is_open:
            if doc.document.text != base.text:
                doc.replace(base.text)
            self._open(doc, "opened")
        doc.document.apply(changes)
        if changes:
            self._saved.note_late(self._at(since), doc.number, self.next)
            told = [*changes]
            self.event(Edit, doc=doc.number, changes=told, cause="external", evidence="observed", ref=ref)
        return True

    def gone_from_disk(self, path: str) -> None:
        """A file that no editor has open is there no more."""
        doc = self.documents.on_disk.pop(path, None)
        if doc is not None:
            self._saved.gone(self._t, doc.number)
            self._close(doc.number)

    def gone_under_the_editor(self, path: str) -> None:
        """The file of a document that the editor has open is there no more, or no text."""
        doc = self.documents.of_file(path)
        if doc is not None and not doc.is_gone:
            doc.is_gone, doc.saved = True, None
            self._saved.gone(self._t, doc.number)
            self.gap("unsupported", "the file of a document that is open is gone")

    def unread_under_the_editor(self, path: str) -> None:
        """The file of a document that the editor has open is too large to be read, or no text."""
        doc = self.documents.of_file(path)
        if doc is not None and not doc.is_unread:
            doc.is_unread = True
            self.gap("unsupported", "a file that is open is too large or no text: who changes it is not seen")

    def is_as_said(self, path: str) -> None:
        """The file of a document that the editor has open has the text that it saved, to the letter."""
        doc = self.documents.of_file(path)
        if doc is not None:
            doc.is_exact = True

    def is_alike(self, path: str, text: str) -> None:
        """The file of a document that the editor has open has its text in this form."""
        doc = self.documents.of_file(path)
        if doc is not None and doc.written is not None and alike(doc.written, text):
            doc.is_written(text, is_exact=True)

    def moved_on_disk(self, old: str, new: str) -> None:
        """A file, or a folder, was moved; what the editor has open in it keeps its path there."""
        for path, renamed in self.documents.moves(old, new):
            if path not in self.documents.on_disk:
                continue
            self.event(Rename, doc=self.documents.move(path, renamed), path=renamed)

    def read_anew(
        self, path: str, text: str, digests: Collection[str], written_at: float, ref: str | None
    ) -> Fate:
        """What a change on disk was to the editor that has the document open.

        `digests` are the SHA-256 of the file's bytes and of its `text`, `written_at` the seconds since 1970
        when they were written. An edit that made the same of the document, later, was the editor reading it.
        """
        doc = self.documents.of_file(path)
        if doc is None:
            return "closed"
        if doc.saved in digests:
            return "own"
        digest = doc.document.sha256()
        if doc.is_gone:
            doc.is_gone = False
            if digest in digests and doc.edited is None:
                self._saved.back(doc.number)
        if not doc.live or digest not in digests:
            return "alike" if doc.written is not None and alike(doc.written, text) else "unexplained"
        if doc.edited is None:
            doc.saved = digest
            doc.is_written(doc.document.text, is_exact=True)
            return "own"
        seq, t, has_cause = doc.edited
        # Times are cut to whole milliseconds: the edit may have been that much later.
        if not self._obeys_client_clock and time.time() - (self._t - t - 1) / 1000 < written_at:
            # Typed, and then written: a save that the editor is about to tell.
            return "saving"
        doc.edited, doc.saved = None, digest
        doc.is_written(doc.document.text, is_exact=True)
        if seq >= 0:
            self._saved.note_late(min(t, self._at(written_at)), doc.number, seq)
            if not has_cause:
                self.event(
                    Attribution, of=seq, cause="external", evidence="observed", rule="reloaded", ref=ref
                )
        return "reloaded"

    def tell_seen(self) -> None:
        """Runs that began before a change was told and after it was made saw more than their start says."""
        for run, saw in self.runs.learn().items():
            self.event(Run, id=run, phase="output", saw=saw, evidence="observed")

    def _at(self, seconds: float) -> int:
        """The `t` of a moment in seconds since 1970; that of now where the client says what time it is."""
        if self._obeys_client_clock:
            return self._t
        # Rounded down: what was written right before a run began is not after it.
        return self._t - max(0, math.ceil((time.time() - seconds) * 1000))

    def version_control(self, told: Vcs, moves_files: bool) -> None:
        """Something happened in version control; `told` gets its seq and its time here."""
        told.seq, told.t = self.next, self._t
        self._emit(told)
        self.wants_manifest = self.wants_manifest or moves_files

    def too_many_refs(self, count: int) -> None:
        """More refs moved at once than are told one by one."""
        self.gap("not_emitted", "branches that moved, too many at once", count=count)

    def too_many_on_disk(self, count: int) -> None:
        """More files changed at once than are told one by one."""
        self.gap("not_emitted", "files that changed on disk, too many at once", count=count)
        self.wants_manifest = True

    def too_many_folders_on_disk(self, count: int) -> None:
        """More folders came to be at once than are looked into."""
        self.gap("not_emitted", "new folders on disk, too many at once", count=count)
        self.wants_manifest = True

    def lost_on_disk(self) -> None:
        """The system saw more changes than it keeps: which, nobody knows."""
        self.gap("not_emitted", "changes on disk, more at once than the system keeps", count=None)
        self.wants_manifest = True
