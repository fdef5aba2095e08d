"""A pretend editor in front of a real recorder: it types, pastes and undoes, and notes what each step is.

Its text is a plain string, so that nothing of the recorder is trusted here. How editors undo differs, so
that is a `Manner`; whether it tells the recorder why is `says`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pairlog.events import Cause, Change, Evidence
from tests.lsp_server.desk import Desk
from tests.truth.measure import Labelled, Told, Truth

#: Between two keys.
KEY_SECONDS = 0.15
#: When Emacs begins another group of typed letters.
_AMALGAMATED_MAX = 20

PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


class Step(NamedTuple):
    """`removed` stood at the offset, and `inserted` stands there now."""

    offset: int
    removed: str
    inserted: str

    def inverse(self) -> Step:
        return Step(self.offset, self.inserted, self.removed)


class Manner(NamedTuple):
    """How an editor undoes.

    - `group`: what one undo takes back: a `word` (and the blank before it), the whole `session` of typing
      until the cursor is moved, or up to twenty letters (`twenty`).
    - `told`: the undo goes out as the `net` difference, as one didChange with a `list` of changes, or as
      `several` didChanges.
    """

    name: str
    group: Literal["word", "session", "twenty"]
    told: Literal["net", "list", "several"]


MANNERS = (
    Manner("words", "word", "list"),
    Manner("sessions", "session", "net"),
    Manner("letters", "twenty", "list"),
    Manner("pieces", "word", "several"),
)


@dataclass
class Buffer:
    """An open document: its text and what can be undone and redone."""

    name: str
    text: str
    caret: int = 0
    undoes: list[list[Step]] = field(default_factory=list)
    redoes: list[list[Step]] = field(default_factory=list)
    #: What the last group holds, so that the next step may join it.
    joining: str = ""

    def place(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        return before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2

    def apply(self, step: Step) -> Change:
        """Do a step; returns it as LSP says it."""
        end = step.offset + len(step.removed)
        assert self.text[step.offset : end] == step.removed
        change = (*self.place(step.offset), *self.place(end), step.inserted)
        self.text = self.text[: step.offset] + step.inserted + self.text[end:]
        self.caret = step.offset + len(step.inserted)
        return change


class Editor:
    """One session of somebody at an editor. `labelled` says what was done and what was told."""

    def __init__(self, desk: Desk, manner: Manner, says: bool = False) -> None:
        self.desk = desk
        self.buffers: dict[str, Buffer] = {}
        self.manner = manner
        self._says = says
        self._at = ""
        self._steps: list[tuple[int, int, str, str]] = []

    # -- around -----------------------------------------------------------------------------------------

    @property
    def here(self) -> Buffer:
        return self.buffers[self._at]

    def open(self, text: str, name: str = "cart.py") -> None:
        self.desk.open(text, name)
        self.buffers[name] = Buffer(name, text)
        self._at = name

    def go(self, before: str, name: str | None = None) -> None:
        """Put the cursor behind the first place where this stands."""
        self.move(self.buffers[name or self._at].text.index(before) + len(before), name)

    def move(self, offset: int, name: str | None = None) -> None:
        self._at = name or self._at
        self.here.caret = offset
        self.here.joining = ""

    def select(self, start: int, end: int) -> None:
        """Select a stretch, and say so: clients do that also where they say no causes."""
        selection = [*self.here.place(start), *self.here.place(end)]
        self.desk.observe(type="select", uri=self.desk.uri(self._at), selections=[selection])

    def waits(self, seconds: float) -> None:
        """Time goes by."""
        self.desk.passes(seconds)

    def save(self) -> None:
        self.here.joining = ""
        self.desk.save(self.here.text, self._at)

    # -- what a person does ---------------------------------------------------------------------------------

    def type(self, text: str, closing: bool = False) -> None:
        """Key by key; with `closing`, the editor closes brackets and indents new lines."""
        for key in text:
            buffer = self.here
            if (
                closing
                and key in PAIRS
                and buffer.text[buffer.caret : buffer.caret + 1] in ("", "\n", " ", ")")
            ):
                self.insert(key + PAIRS[key], "typed", "a bracket that the editor closed")
                buffer.caret -= 1
            elif closing and key == "\n":
                line = buffer.text[: buffer.caret].rpartition("\n")[2]
                indent = line[: len(line) - len(line.lstrip())]
                deeper = "    " if line.rstrip().endswith((":", "{", "(")) else ""
                self.insert("\n" + indent + deeper, "typed", "a new line that the editor indented")
            else:
                self.insert(key, "typed", "a key")

    def backspace(self, count: int = 1) -> None:
        for _ in range(count):
            self.remove(self.here.caret - 1, self.here.caret, "a backspace")

    def remove(self, start: int, end: int, what: str) -> str:
        """Take a stretch out; returns it."""
        removed = self.here.text[start:end]
        self.change([Step(start, removed, "")], "typed", what)
        return removed

    def insert(self, text: str, cause: Cause, what: str) -> None:
        self.change([Step(self.here.caret, "", text)], cause, what)

    def replace(self, start: int, end: int, text: str, cause: Cause, what: str) -> None:
        self.change([Step(start, self.here.text[start:end], text)], cause, what)

    def rewrite(self, text: str, cause: Cause, what: str) -> None:
        """Put a whole text in the place of the document's, as one change of all of it."""
        buffer = self.here
        step = Step(0, buffer.text, text)
        buffer.apply(step)
        buffer.undoes.append([step])
        buffer.joining = ""
        with self._step(cause, what):
            self._send([(0, 0, -1, 0, text)])

    def change(self, steps: Iterable[Step], cause: Cause, what: str) -> None:
        """One didChange with these steps, each in the text that the one before left."""
        buffer = self.here
        done = list(steps)
        changes = [buffer.apply(step) for step in done]
        self._remember(buffer, done, cause)
        with self._step(cause, what):
            self._send(changes)
        self.desk.monotonic_ns += int(KEY_SECONDS * 1e9)

    def undo(self, what: str = "an undo") -> bool:
        """Take the last group back; whether there was one."""
        buffer = self.here
        if not buffer.undoes:
            return False
        group = buffer.undoes.pop()
        buffer.redoes.append(group)
        self._repeat([step.inverse() for step in reversed(group)], "undo", what)
        return True

    def redo(self, what: str = "a redo") -> bool:
        """Bring the last group back; whether there was one."""
        buffer = self.here
        if not buffer.redoes:
            return False
        group = buffer.redoes.pop()
        buffer.undoes.append(group)
        self._repeat(group, "redo", what)
        return True

    # -- what came of it ----------------------------------------------------------------------------------

    def labelled(self) -> Labelled:
        """End the session; its truths and what it tells."""
        self.desk.tick()
        self.desk.recording.end("shutdown")
        events = self.desk.events()
        seqs = [event["seq"] for event in events if event["type"] == "edit"]
        truths = [
            Truth(seq, cause, self._evidence(cause), what)
            for first, end, cause, what in self._steps
            for seq in seqs
            if first <= seq < end
        ]
        return Labelled(truths, told(events))

    def _evidence(self, cause: str) -> Evidence:
        return "reported" if self._says and cause not in ("typed", "unknown") else "inferred"

    @contextmanager
    def _step(self, cause: Cause, what: str) -> Iterator[None]:
        first = self.desk.recording.recorder.next
        if self._says and cause != "typed":
            self.desk.observe(type="cause", uri=self.desk.uri(self._at), cause=cause)
        yield
        self._steps.append((first, self.desk.recording.recorder.next, cause, what))

    def _send(self, changes: list[Change]) -> None:
        self.desk.change(*changes, name=self._at)

    def _repeat(self, steps: list[Step], cause: Cause, what: str) -> None:
        buffer, before = self.here, self.here.text
        buffer.joining = ""
        changes = [buffer.apply(step) for step in steps]
        if self.manner.told == "net":
            changes = [_net(before, buffer.text)]
        for some in [[it] for it in changes] if self.manner.told == "several" else [changes]:
            with self._step(cause, what):
                self._send(some)
        self.desk.monotonic_ns += int(KEY_SECONDS * 1e9)

    def _remember(self, buffer: Buffer, steps: list[Step], cause: Cause) -> None:
        """Add steps to what can be undone, as the last group or as another one."""
        buffer.redoes.clear()
        kind = _kind(steps, cause)
        last = buffer.undoes[-1] if buffer.undoes else []
        if buffer.joining and _joins(self.manner, buffer.joining, kind, len(last)):
            last += steps
        else:
            buffer.undoes.append(list(steps))
        buffer.joining = kind


def told(events: list[dict[str, object]]) -> list[Told]:
    """The cause of each edit as a session tells it in the end."""
    found: dict[object, Told] = {}
    for event in events:
        if event["type"] == "edit":
            key, unsaid = event["seq"], "typed" if events[0].get("causes") == "inferred" else "unknown"
            found[key] = Told(key, str(event.get("cause", unsaid)), str(event.get("evidence", "inferred")))
        elif event["type"] == "attribution":
            key = event["of"]
            found[key] = Told(key, str(event["cause"]), str(event["evidence"]))
    return list(found.values())


def _kind(steps: list[Step], cause: Cause) -> str:
    if cause != "typed":
        return "other"
    if all(not step.inserted for step in steps):
        return "deleting"
    return "blank" if steps[0].inserted.isspace() else "typing"


def _joins(manner: Manner, last: str, kind: str, length: int) -> bool:
    if manner.group == "session":
        return True
    if "other" in (last, kind):
        return False
    if manner.group == "twenty":
        return {last, kind} <= {"typing", "blank"} and length < _AMALGAMATED_MAX
    return last == kind or (last, kind) == ("blank", "typing")


def _net(before: str, after: str) -> Change:
    """The smallest change from one text to another, as clients that compare texts find it."""
    limit = min(len(before), len(after))
    start = next((n for n in range(limit) if before[n] != after[n]), limit)
    same: Callable[[int], bool] = lambda n: before[len(before) - n - 1] == after[len(after) - n - 1]  # noqa: E731
    tail = next((n for n in range(limit - start) if not same(n)), limit - start)
    buffer = Buffer("", before)
    return (*buffer.place(start), *buffer.place(len(before) - tail), after[start : len(after) - tail])
