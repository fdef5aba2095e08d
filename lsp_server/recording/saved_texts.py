"""Which texts stood on disk when: the seqs of saves and of changes from outside, by document; pure."""

from __future__ import annotations

import math


class SavedTexts:
    """Remembers them in their order."""

    def __init__(self) -> None:
        self._written: list[tuple[int, int, int]] = []
        self._late: list[tuple[int, int, int]] = []
        #: Since when files are gone, by document.
        self._gone: dict[int, int] = {}

    def note_late(self, t: int, doc: int, seq: int) -> None:
        """As `note`, of a text that stood there before it was told: somebody may have seen it."""
        self.note(t, doc, seq)
        self._late.append((t, doc, seq))

    def gone(self, t: int, doc: int) -> None:
        """The file of `doc` is there no more from `t` on, until it is written or `back`."""
        self._gone[doc] = t

    def back(self, doc: int) -> None:
        """A file that was gone is there again, with the text that it had."""
        self._gone.pop(doc, None)

    def take_late(self) -> list[tuple[int, int, int]]:
        """What was noted late since the last call: time, document, seq."""
        late, self._late = self._late, []
        return late

    def note(self, t: int, doc: int, seq: int) -> None:
        """Line `seq` brought the text that `doc` has on disk from `t` on."""
        self._written.append((t, doc, seq))

    def at(self, t: int) -> dict[str, int]:
        """The seq of the last one of each document at that time, as a run's `saw` has it."""
        # In the order of the lines: that a text came from the disk may be learned after the next save.
        written = sorted(
            (doc, seq)
            for written_at, doc, seq in self._written
            if written_at <= t and not written_at <= self._gone.get(doc, math.inf) <= t
        )
        return {str(doc): seq for doc, seq in written}

    def take_back(self, seq: int) -> None:
        """Lines from `seq` on were not written."""
        self._written = [entry for entry in self._written if entry[2] < seq]
        self._late = [entry for entry in self._late if entry[2] < seq]

    def clear(self) -> None:
        """Nothing that was written holds any more."""
        self._written, self._late = [], []
