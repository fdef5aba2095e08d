"""The causes of a session's edits: what each one gets on its line, and what is learned later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from lsp_server.causes.elsewhere import Elsewhere
from lsp_server.causes.history import History, Step
from lsp_server.causes.hunk import Hunk
from lsp_server.causes.late import Late, Learned, Told
from lsp_server.causes.reason import Reason, inferred
from lsp_server.causes.rules import TYPED, find, is_run, is_small
from lsp_server.causes.seen import Seen
from pairlog.document import Document
from pairlog.events import Change, Range

_FAILED = inferred("unknown", "failed")


class Inference:
    """Why the documents of a session change."""

    def __init__(self, documents: Callable[[], Iterable[Document]]) -> None:
        self._elsewhere = Elsewhere(documents)
        self._late = Late()
        self._batches = False
        #: What is selected in each document, as the client says it, until it is changed.
        self._selected: dict[int, list[Range]] = {}
        #: The client says what is undone and redone: what it says nothing of is neither.
        self._says_steps = False

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
        taken as it is. `read_disk` gives the text of the document's file. Where a cause cannot be found
        because of a fault of ours, it is unknown: the text has changed, and the edit must be written.
        """
        is_short = len(changes) == 1 and len(changes[0][4]) <= 1
        caret, before = None if is_short else history.caret, history.now
        selected = self._selected.pop(doc, ())
        hunks, state = history.apply(changes)
        step = self._step(doc, history, hunks, t, state, reported)
        learned: list[Learned] = []
        if reported is not None:
            reason = reported
        else:
            seen = Seen(
                hunks,
                step,
                state == before,
                caret,
                len(changes) == 1 and changes[0][:4] in selected,
                self._batches,
                self._elsewhere.was_taken,
                lambda hunk: self._elsewhere.stands(hunk, history.document),
                lambda: state != history.saved and read_disk() == history.document.text,
            )
            try:
                reason, learned = self._find(doc, t, seen)
            except Exception as error:
                print(f"pairlog: the cause of an edit could not be found: {error!r}", file=sys.stderr)
                reason = _FAILED
        self._follow(history, hunks, state, step, reason)
        self._late.wrote(Told(seq + len(learned), t, doc, hunks, reason, step))
        return reason, learned

    def selected(self, doc: int, ranges: Iterable[Range]) -> None:
        """This is selected in a document; ranges run either way."""
        self._selected[doc] = [(*min(it[:2], it[2:]), *max(it[:2], it[2:])) for it in ranges]

    def saved(self, doc: int, history: History, t: int) -> list[Learned]:
        """A document was saved."""
        history.saved = history.now
        return self._late.saved(doc, t)

    def forget_late(self) -> None:
        """Nothing more is learned of what was written up to now."""
        self._late.forget()

    def _follow(
        self, history: History, hunks: list[Hunk], state: int, step: Step | None, reason: Reason
    ) -> None:
        """Keep what later edits are held against; an edit that changes nothing leads nowhere."""
        if not hunks:
            return
        goes_on = step is not None and step.way == "redo" and not history.is_calm
        if step is not None and (goes_on or reason.cause in ("undo", "redo")):
            history.go(step)
        else:
            history.settle(state, hunks)
        if reason.cause == "external":
            history.saved = state
        for hunk in hunks:
            self._elsewhere.took(hunk.removed)
        if reason == TYPED and len(hunks) > 1 and all(it.inserted and is_small(it) for it in hunks):
            self._batches = is_run(hunks)

    def _step(
        self, doc: int, history: History, hunks: list[Hunk], t: int, state: int, reported: Reason | None
    ) -> Step | None:
        if reported is not None:
            is_step = reported.cause in ("undo", "redo")
            self._says_steps = self._says_steps or (is_step and reported.evidence == "reported")
        elif self._says_steps:
            return None
        step = history.step(state, hunks)
        return None if step is None else self._late.keeps_way(doc, t, step)

    def _find(self, doc: int, t: int, seen: Seen) -> tuple[Reason, list[Learned]]:
        # A letter: as `find` would say, nothing else needs to be looked at.
        reason = TYPED if seen.one is not None and is_small(seen.one) else find(seen)
        return self._look_back(doc, seen.hunks, t, seen.step, reason)

    def _look_back(
        self, doc: int, hunks: list[Hunk], t: int, step: Step | None, reason: Reason
    ) -> tuple[Reason, list[Learned]]:
        """What the edits right before this one say of it, and it of them."""
        if reason != TYPED or not all(it.is_exact for it in hunks):
            seqs = self._late.renamed(doc, hunks, t)
            if seqs is not None:
                renamed = inferred("refactor", "same_name")
                return renamed, [(seq, renamed) for seq in seqs]
        if not hunks:
            return self._late.goes_with(doc, t) or reason, []
        if step is None:
            return reason, [(seq, inferred("typed", "moved")) for seq in self._late.moved(doc, hunks, t)]
        if reason.cause == step.way:
            return reason, self._late.led_to(doc, t, step)
        if reason.cause in ("typed", "unknown") and self._late.goes_on(doc, t, step):
            return inferred(step.way, "too_fast"), self._late.led_to(doc, t, step)
        if reason == TYPED:
            learned = self._late.stepped(doc, t, step, all(map(is_small, hunks)))
            if learned is not None:
                return inferred(step.way, "too_fast"), learned
        return reason, []
