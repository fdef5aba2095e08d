"""What later events say of earlier edits: a save right behind a change, the same name replaced elsewhere."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, TypeAlias

from lsp_server.causes.history import Step
from lsp_server.causes.hunk import Hunk
from lsp_server.causes.reason import Reason, inferred
from lsp_server.causes.rules import is_name, is_run, is_small

#: An editor that formats as it saves, or renames in several documents, does so at once.
_AT_ONCE_MS = 100
#: Nobody presses keys so quickly, and an editor that undoes them one by one does. A key that is held down
#: comes in such a heap only where the recorder was kept busy; then others of the kind went before.
_TOO_FAST_MS = 15
_LETTERS_MIN = 3
_STEPS_MIN = 2
_HELD_MS = 250
_EDITS_MAX = 256


#: A cause that is learned after the line with that seq was written.
Learned: TypeAlias = tuple[int, Reason]


class Told(NamedTuple):
    """An edit as it was written."""

    seq: int
    t: int
    doc: int
    hunks: list[Hunk]
    reason: Reason
    step: Step | None


def _is_by_hand(hunks: list[Hunk]) -> bool:
    """Whether keys that wait until a save can be told as this: a run of them, or anything but blanks."""
    return is_run(hunks) if len(hunks) > 1 else not all(it.is_blank for it in hunks)


class Late:
    """The edits of the last moment, of which more may be learned."""

    def __init__(self) -> None:
        self._told: deque[Told] = deque(maxlen=_EDITS_MAX)

    def forget(self) -> None:
        """Seqs are given again, or mean nothing any more."""
        self._told.clear()

    def wrote(self, edit: Told) -> None:
        """An edit was written."""
        while self._told and self._told[0].t + _HELD_MS < edit.t:
            self._told.popleft()
        self._told.append(edit)

    def saved(self, doc: int, t: int) -> list[Learned]:
        """The document was saved: what was changed right before it, and not by keys, was formatted."""
        found = []
        for edit in reversed(self._told):
            if edit.doc != doc or edit.t + _AT_ONCE_MS < t or edit.reason.evidence != "inferred":
                break
            is_help = (
                all(it.is_blank for it in edit.hunks) if len(edit.hunks) == 1 else not is_run(edit.hunks)
            )
            if edit.reason.cause == "unknown" or (edit.reason.cause == "typed" and is_help):
                found.append((edit.seq, inferred("format", "on_save")))
            elif edit.reason.cause != "format":
                break
        self._told.clear()
        return found[::-1]

    def renamed(self, doc: int, hunks: list[Hunk], t: int) -> list[int] | None:
        """The seqs of edits of other documents that replaced the same name just now; None: there are none."""
        pairs = {it.words for it in hunks}
        if len(pairs) != 1 or not is_name(next(iter(pairs))):
            return None
        found = [
            it
            for it in self._told
            if it.doc != doc and it.t + _AT_ONCE_MS >= t and {hunk.words for hunk in it.hunks} == pairs
        ]
        return [it.seq for it in found if it.reason.cause != "refactor"] if found else None

    def keeps_way(self, doc: int, t: int, step: Step) -> Step:
        """The step, in the direction of the one right before, which came faster than keys."""
        last = self._last(doc, t)
        if last is None or last.step is None:
            return step
        return step._replace(way=last.step.way) if last.reason.cause == last.step.way else step

    def goes_with(self, doc: int, t: int) -> Reason | None:
        """The cause of what came right before, for a change that changes nothing; None where none is known.

        Clients that compare lines tell such changes behind what one command did.
        """
        last = self._last(doc, t)
        if last is None or last.reason.evidence != "inferred" or last.reason.cause == "unknown":
            return None
        return last.reason if last.reason.cause == "typed" else inferred(last.reason.cause, "too_fast")

    def goes_on(self, doc: int, t: int, step: Step) -> bool:
        """Whether an undo or a redo came right before, faster than keys, and this goes on its way."""
        last = self._last(doc, t)
        return last is not None and last.reason.cause == step.way and last.reason.evidence == "inferred"

    def moved(self, doc: int, hunks: list[Hunk], t: int) -> list[int]:
        """The seq of what was put in right before and told as pasted, where it is taken out elsewhere now.

        Lines that are joined or moved come so from clients that compare lines.
        """
        if len(hunks) != 1 or hunks[0].inserted or is_small(hunks[0]):
            return []
        last = self._last(doc, t)
        if last is None or last.reason.cause != "paste" or last.reason.evidence != "inferred":
            return []
        is_same = len(last.hunks) == 1 and last.hunks[0].inserted.strip() == hunks[0].removed.strip()
        return [last.seq] if is_same else []

    def _last(self, doc: int, t: int) -> Told | None:
        """The edit right before, where it is of this document and came faster than keys."""
        last = self._told[-1] if self._told else None
        return None if last is None or last.doc != doc or last.t + _TOO_FAST_MS < t else last

    def led_to(self, doc: int, t: int, step: Step) -> list[Learned]:
        """What came faster than keys before an undo or a redo: parts of it, which led to no state."""
        found = []
        for edit in reversed(self._told):
            is_part = edit.doc == doc and edit.t + _TOO_FAST_MS >= t and edit.reason.evidence == "inferred"
            is_way = edit.step is not None and edit.step.way == step.way
            if (
                not is_part
                or edit.reason.cause in ("undo", "redo")
                or (edit.reason.cause == "typed" and not is_way)
            ):
                break
            found.append((edit.seq, inferred(step.way, "too_fast")))
            t = edit.t
        return found[::-1]

    def stepped(self, doc: int, t: int, step: Step, is_letter: bool) -> list[Learned] | None:
        """What was taken back or forth right before, faster than keys; None where there is no such run."""
        run: list[Told] = []
        for edit in reversed(self._told):
            if edit.doc != doc or edit.step is None or edit.step.way != step.way:
                break
            if edit.t + _TOO_FAST_MS < t:
                if edit.reason.cause == "typed":
                    return None
                break
            run.append(edit)
            t = edit.t
        if len(run) < (_LETTERS_MIN if is_letter else _STEPS_MIN) - 1:
            return None
        undone = inferred(step.way, "too_fast")
        return [(it.seq, undone) for it in reversed(run) if it.reason.cause == "typed"]
