"""The cause of each edit on its way to the line: reported by the client, or found (`lsp_server/causes`)."""

from __future__ import annotations

import json.encoder
from collections.abc import Callable, Iterable, Sequence

from lsp_server.causes.inference import Inference
from lsp_server.causes.late import Learned
from lsp_server.causes.rules import TYPED
from lsp_server.recording.documents import Documents, Tracked
from lsp_server.recording.lines import Append, Lines
from pairlog.events import Attribution, Change

#: A longer file is not compared with an edit of its document.
_FILE_BYTES_MAX = 4 * 1024 * 1024

_quote: Callable[[str], str] = json.encoder.encode_basestring


class Causing(Lines):
    """Lines whose edits bear their cause; an edit that was typed, as most are, bears none."""

    def __init__(
        self,
        documents: Documents,
        append: Append,
        keep_blob: Callable[[bytes], str],
        now: Callable[[], int],
    ) -> None:
        """As `Lines` takes them."""
        super().__init__(documents, append, keep_blob, now)
        self.causes = Inference(lambda: (doc.document for doc in documents))

    def take_back(self, count: int) -> None:
        """Lines were not written: their seqs are given again, and nothing is learned of them."""
        super().take_back(count)
        self.causes.forget_late()

    def _explain(self, doc: Tracked, changes: Sequence[Change]) -> str:
        """Apply an edit that is no plain key; returns the fields of its line that tell its cause.

        What it says of earlier edits is written first.
        """
        reported, doc.cause = doc.cause, None
        reason, learned = self.causes.edit(
            doc.number, doc.history, changes, reported, self._t, self.next, lambda: self._text_on_disk(doc)
        )
        self._learn(learned)
        if reason == TYPED:
            return ""
        told = {name: value for name, value in reason._asdict().items() if value is not None}
        return "".join(f',"{name}":{_quote(value)}' for name, value in told.items())

    def _learn(self, learned: Iterable[Learned]) -> None:
        for seq, reason in learned:
            self.event(Attribution, of=seq, **reason._asdict())

    def _text_on_disk(self, doc: Tracked) -> str | None:
        try:
            file = self.documents.folder.root / doc.path
            if file.stat().st_size > _FILE_BYTES_MAX:
                return None
            return file.read_bytes().decode("utf-8-sig")
        except (OSError, ValueError):
            return None
