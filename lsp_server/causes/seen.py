"""What is known of an edit when its cause is sought."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lsp_server.causes.history import Step
from lsp_server.causes.hunk import Hunk


class Seen(NamedTuple):
    """One didChange: what it did, and what stands around it.

    - `step`: it leads to a state that was there before.
    - `is_new_order`: the document has the lines that it had, in another order or in the same.
    - `caret`: where the last edit of the document ended, in code points; None where there was none.
    - `is_selected`: it replaces what the client said is selected.
    - `batches`: the client is one that sends several keys at once.
    - `was_taken`, `stands`: what was put in was taken out before, or stands at another place as well.
    - `is_on_disk`: what was put in came from the disk: the document is as the file, and was not before.
    """

    hunks: list[Hunk]
    step: Step | None
    is_new_order: bool
    caret: tuple[int, int] | None
    is_selected: bool
    batches: bool
    was_taken: Callable[[str], bool]
    stands: Callable[[Hunk], bool]
    is_on_disk: Callable[[], bool]

    @property
    def one(self) -> Hunk | None:
        """The only hunk; None where there are none or many."""
        return self.hunks[0] if len(self.hunks) == 1 else None

    def is_at_caret(self, hunk: Hunk) -> bool:
        """Whether it goes on where the last edit ended, or replaces what stands before that place."""
        if self.caret is None or "\n" in hunk.removed:
            return False
        line, column = self.caret
        end = hunk.column + len(hunk.removed)
        return hunk.line == line and column in (hunk.column, end, end + hunk.tail)
