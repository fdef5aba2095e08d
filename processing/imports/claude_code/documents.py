"""The files that tool calls wrote, as the documents of a session; pure.

The session replays exactly: a text that is not known leaves a `gap`, and the document is opened anew where it
is known again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pairlog.difference import changes
from pairlog.document import sha256
from pairlog.events import Edit, Gap, Open, Save
from processing.imports.claude_code.outcome import Outcome

#: Writes a line of an event of this type with these fields.
Emit = Callable[..., None]


@dataclass
class _File:
    doc: int
    #: None: it is not known.
    text: str | None = None
    is_open: bool = False


class Documents:
    """What is known of each file, by its path."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        #: What was lost, by name; each has its `gap` where it happened.
        self.lost: Counter[str] = Counter()
        self._files: dict[str, _File] = {}

    def text(self, path: str) -> str | None:
        """The text of a file as it was last told."""
        file = self._files.get(path)
        return file.text if file is not None else None

    def was_read(self, path: str, text: str) -> None:
        """A tool read a whole file."""
        self._rebase(self._file(path), path, text)

    def was_written(self, path: str, outcome: Outcome, ref: str | None) -> bool:
        """A tool wrote a file; `ref` is the id of its call. Whether an edit tells it."""
        file = self._file(path)
        before, after = outcome
        if before is None or after is None:
            self._lose(file, "edit whose text is not known")
            if after is not None:
                self._open(file, path, after)
            return False
        self._rebase(file, path, before)
        if not file.is_open:
            self._open(file, path, before)
        made = changes(before, after, "utf-32")
        if made:
            told: dict[str, Any] = {"cause": "agent", "evidence": "reported", "ref": ref}
            self._emit(Edit, doc=file.doc, changes=made, **told)
        self._emit(Save, doc=file.doc, sha256=sha256(after), sha256_of="text")
        file.text = after
        return True

    def _file(self, path: str) -> _File:
        return self._files.setdefault(path, _File(len(self._files) + 1))

    def _rebase(self, file: _File, path: str, text: str) -> None:
        """This is the text now, whoever made it."""
        if not file.is_open:
            file.text = text
        elif file.text != text:
            if file.text is not None:
                self._lose(file, "change of a file between two calls")
            self._open(file, path, text)

    def _open(self, file: _File, path: str, text: str) -> None:
        why = "after_gap" if file.is_open else "opened"
        self._emit(Open, doc=file.doc, path=path, why=why, source="disk", text=text)
        file.text, file.is_open = text, True

    def _lose(self, file: _File, what: str) -> None:
        self.lost[what] += 1
        docs = [file.doc] if file.is_open else None
        self._emit(Gap, reason="not_emitted", count=1, detail=what, docs=docs)
        file.text = None
