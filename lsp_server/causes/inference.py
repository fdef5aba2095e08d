"""The causes of a session's edits: what each one gets on its line, and what is learned later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lsp_server.causes.elsewhere import Elsewhere
from lsp_server.causes.history import History
from lsp_server.causes.hunk import Hunk
from lsp_server.causes.late import Late, Told
from lsp_server.causes.offers import Offers
from lsp_server.causes.reason import Reason, inferred
from lsp_server.causes.rules import TYPED, find, is_key, is_run, is_small
from lsp_server.causes.seen import Seen
from pairlog.document import Document
from pairlog.events import Change

#: A cause that is learned after the line with that seq was written.
Learned = tuple[int, Reason]


class Inference:
    """Why the documents of a session change."""

    def __init__(self, documents: Callable[[], Iterable[Document]]) -> None:
        self.offers = Offers()
        self._elsewhere = Elsewhere(documents)
        self._late = Late()
        self._batches = False

    def edit(
        self,
        doc: int,
        history: History,
        changes: Sequence[Change],
        reported: Reason | None,
        t: int,
        seq: int,
        read_disk: Callable[[], str | None],
    ) -> tuple[Reason, list[Learned]]:
        """Apply the changes of an edit; returns its cause, and what it says of earlier ones.

        `seq` is the next one: the edit's own follows those of what was learned. What the client reported is
        taken as it is. `read_disk` gives the text of the document's file.
        """
        document = history.document
        caret = history.caret()
        before = history.now
        hunks, state = history.apply(changes)
        way = history.step(state)
        learned: list[Learned] = []
        reason = reported
        if reason is None:
            seen = Seen(
                hunks,
                way,
                state == before,
                caret,
                self._taken(doc, hunks),
                self._batches,
                self._elsewhere.was_taken,
                lambda hunk: self._elsewhere.stands(hunk, document),
                lambda: state != history.saved and read_disk() == document.text,
            )
            reason = find(seen)
            reason, learned = self._look_back(doc, hunks, t, way is not None, reason)
        if way is not None and reason.cause in ("undo", "redo"):
            history.go(*way)
        else:
            history.settle(state)
        if reason.cause == "external":
            history.saved = state
        for hunk in hunks:
            self._elsewhere.took(hunk.removed)
        if reason == TYPED and len(hunks) > 1 and all(it.inserted and is_small(it) for it in hunks):
            self._batches = is_run(hunks)
        self._late.wrote(Told(seq + len(learned), t, doc, hunks, reason, way is not None))
        return reason, learned

    def saved(self, doc: int, history: History, t: int) -> list[Learned]:
        """A document was saved."""
        history.saved = history.now
        return self._late.saved(doc, t)

    def forget_late(self) -> None:
        """Nothing more is learned of what was written up to now."""
        self._late.forget()

    def _taken(self, doc: int, hunks: list[Hunk]) -> str | None:
        return self.offers.taken(doc, hunks[0]) if len(hunks) == 1 else None

    def _look_back(
        self, doc: int, hunks: list[Hunk], t: int, steps: bool, reason: Reason
    ) -> tuple[Reason, list[Learned]]:
        """What the edits right before this one say of it, and it of them."""
        if not all(is_key(it) and it.is_exact for it in hunks):
            seqs = self._late.renamed(doc, hunks, t)
            if seqs is not None:
                renamed = inferred("refactor", "same_name")
                return renamed, [(seq, renamed) for seq in seqs]
        if steps and reason == TYPED:
            seqs = self._late.stepped(doc, hunks, t)
            if seqs is not None:
                undone = inferred("undo", "too_fast")
                return undone, [(seq, undone) for seq in seqs]
        return reason, []
