"""Where an edit changed a document: spans in the text that it left; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pairlog.document import Document, split_lines

#: `(line, code point)`
Place = tuple[int, int]


@dataclass(frozen=True)
class Mark:
    """Text that stands between two places now, and the text that stood there before."""

    start: Place
    end: Place
    removed: str


class Marker:
    """Watches a document as its observer; `marks` are the changes seen since `begin`, in the present text."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._watching = False

    def begin(self) -> None:
        """Forget what was seen and watch from here on."""
        self.marks = []
        self._watching = True

    def end(self) -> None:
        """Look away."""
        self._watching = False

    def __call__(self, document: Document, line: int, start: int, end_line: int, end: int, text: str) -> None:
        """What a document calls before each change."""
        if not self._watching:
            return
        pieces = split_lines(text)
        behind = (line + len(pieces) - 1, len(pieces[-1]) + (start if len(pieces) == 1 else 0))
        old_end = (end_line, end)
        self.marks = [
            replace(
                mark,
                start=_moved(mark.start, (line, start), old_end, behind),
                end=_moved(mark.end, (line, start), old_end, behind),
            )
            for mark in self.marks
        ]
        self.marks.append(Mark((line, start), behind, document.slice(line, start, end_line, end)))


def _moved(place: Place, start: Place, old_end: Place, new_end: Place) -> Place:
    """Where a place is after the text from `start` to `old_end` became one that ends at `new_end`."""
    if place <= start:
        return place
    if place < old_end:
        return start
    line = place[0] + new_end[0] - old_end[0]
    column = place[1] + (new_end[1] - old_end[1] if place[0] == old_end[0] else 0)
    return line, column
