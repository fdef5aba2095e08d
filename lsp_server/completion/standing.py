"""Whether a text stood in a document before, so that an undo or a redo may have brought it; pure."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_server.causes.history import History
from pairlog.document import Document
from pairlog.events import Change


def stood_before(history: History, changes: Sequence[Change]) -> bool:
    """Whether these changes, which are not applied, lead to a text that the undo model knows.

    Costs a copy of the list of lines.
    """
    document = history.document
    copy = Document("", document.encoding)
    copy.lines = document.lines[:]
    hunks, difference = History(copy).apply(changes)
    return history.step(history.now + difference, hunks) is not None
