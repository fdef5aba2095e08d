"""The event contract: one closed, tagged union, declared once.

Every event is a dataclass; its `type` is the tag on the wire. Every field declares its *kind*, and that
one declaration drives consent, masking, erasure, the generated types and the docs:

- `plain`: numbers, ids of our own, words of a closed list. Says nothing of the code.
- `path`: a path or the name of a file.
- `identifier`: a name from outside: branch, commit, test, tool, model, author.
- `text`: what somebody typed or a program printed, and any hash of it.

A kind reaches every string inside its field. Reading and writing lines lives in `pairlog/line.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, TypeAlias

Kind = Literal["plain", "path", "identifier", "text"]

#: `(line, column, end line, end column, new text)`, columns in the session's position encoding.
#: A whole-document change is `(0, 0, -1, 0, text)`.
Change: TypeAlias = tuple[int, int, int, int, str]
#: `(line, column, end line, end column)`; in a selection the second position is the cursor.
Range: TypeAlias = tuple[int, int, int, int]
#: `(line, column)`
Position: TypeAlias = tuple[int, int]

Evidence = Literal["reported", "observed", "inferred"]
Cause = Literal[
    "typed",
    "paste",
    "undo",
    "redo",
    "completion",
    "format",
    "refactor",
    "agent",
    "external",
    "unknown",
]
PositionEncoding = Literal["utf-8", "utf-16", "utf-32"]
Level = Literal["metadata", "content", "workspace"]
#: A level, or none.
Choice = Literal["off", "metadata", "content", "workspace"]
Use = Literal["private", "research", "public"]
Why = Literal["opened", "resumed", "after_gap", "after_forget", "resync"]
Source = Literal["editor", "disk", "git"]
VcsAction = Literal["commit", "checkout", "branch", "merge", "rebase", "stash", "push"]
#: The kind of an action, where it has one. A `branch` `reset` moves a branch to another commit, a `stash`
#: `drop` takes an entry away, as `git stash pop` does, and a `rebase` `pick` makes one commit anew.
VcsHow = Literal[
    "amend",
    "cherry-pick",
    "revert",
    "am",
    "pull",
    "fetch",
    "reset",
    "create",
    "delete",
    "rename",
    "start",
    "pick",
    "finish",
    "abort",
    "drop",
]
CompletionPhase = Literal[
    "requested", "shown", "accepted", "partly_accepted", "rejected", "ignored", "typed_through"
]


def required(kind: Kind, *, is_hash: bool = False) -> Any:
    """Declare the kind of a field that every line of its type carries; `is_hash`: it names a content."""
    return field(metadata={"kind": kind, "is_hash": is_hash})


def optional(kind: Kind, *, is_hash: bool = False) -> Any:
    """Declare the kind of a field that is absent on the wire where it is None."""
    return field(default=None, metadata={"kind": kind, "is_hash": is_hash})


@dataclass(slots=True, kw_only=True)
class Event:
    """What every line carries: `seq` without holes, `t` in milliseconds since the session began."""

    type: ClassVar[str]

    seq: int = required("plain")
    t: int = required("plain")


@dataclass(slots=True, kw_only=True)
class Session(Event):
    """Line 0, the header of a session: one recorder in one workspace folder."""

    type: ClassVar[str] = "session"

    wire: int = required("plain")
    session: str = required("plain")
    started_at: str = required("plain")
    editor: dict[str, str] = required("plain")
    recorder: dict[str, str] = required("plain")
    position_encoding: PositionEncoding = required("plain")
    clock: Literal["recorder", "client"] = required("plain")
    workspace: str = required("plain")
    consent: Level = required("plain")
    use: Use = required("plain")
    policy: str = required("plain")
    project: str | None = optional("identifier")
    remote: str | None = optional("identifier")
    head: str | None = optional("identifier")
    branch: str | None = optional("identifier")
    previous: str | None = optional("plain")
    #: `inferred`: a cause was sought for every edit, and one that bears none was typed.
    causes: Literal["inferred"] | None = optional("plain")
    study: str | None = optional("plain")
    condition: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Open(Event):
    """A document's text from here on: opened, or re-based after a stretch that was lost."""

    type: ClassVar[str] = "open"

    doc: int = required("plain")
    path: str = required("path")
    why: Why = required("plain")
    source: Source = required("plain")
    language: str | None = optional("plain")
    version: int | None = optional("plain")
    text: str | None = optional("text")
    blob: str | None = optional("text", is_hash=True)
    notebook: str | None = optional("path")
    cell: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Close(Event):
    """The editor let go of a document."""

    type: ClassVar[str] = "close"

    doc: int = required("plain")


@dataclass(slots=True, kw_only=True)
class Rename(Event):
    """A document has a new path; its number stays."""

    type: ClassVar[str] = "rename"

    doc: int = required("plain")
    path: str = required("path")
    language: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Save(Event):
    """A document was saved. `sha256` is over `sha256_of`, never over the recorder's own copy."""

    type: ClassVar[str] = "save"

    doc: int = required("plain")
    sha256: str | None = optional("text", is_hash=True)
    sha256_of: Literal["text", "disk", "masked", "mismatch"] | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Edit(Event):
    """One didChange. `version` only where it is not the previous + 1."""

    type: ClassVar[str] = "edit"

    doc: int = required("plain")
    changes: list[Change] = required("text")
    version: int | None = optional("plain")
    cause: Cause | None = optional("plain")
    evidence: Evidence | None = optional("plain")
    rule: str | None = optional("plain")
    ref: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Attribution(Event):
    """A cause learned after the line `of` was written."""

    type: ClassVar[str] = "attribution"

    of: int = required("plain")
    cause: Cause = required("plain")
    evidence: Evidence = required("plain")
    rule: str | None = optional("plain")
    ref: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Select(Event):
    """Cursors and selections of a document; the first one is the main one."""

    type: ClassVar[str] = "select"

    doc: int = required("plain")
    selections: list[Range] = required("plain")


@dataclass(slots=True, kw_only=True)
class View(Event):
    """The lines of a document that can be seen, both ends included."""

    type: ClassVar[str] = "view"

    doc: int = required("plain")
    first: int = required("plain")
    last: int = required("plain")


@dataclass(slots=True, kw_only=True)
class Focus(Event):
    """The editor's window won or lost the focus."""

    type: ClassVar[str] = "focus"

    focused: bool = required("plain")


@dataclass(slots=True, kw_only=True)
class Completion(Event):
    """One phase in the life of a suggestion; the phases of one suggestion share an `id`.

    `rival` is the suggestion of another model for the same place; of two rivals one was shown.
    """

    type: ClassVar[str] = "completion"

    id: str = required("plain")
    phase: CompletionPhase = required("plain")
    doc: int | None = optional("plain")
    provider: str | None = optional("identifier")
    model: str | None = optional("identifier")
    surface: Literal["inline", "popup", "next-edit", "chat"] | None = optional("plain")
    position: Position | None = optional("plain")
    text: str | None = optional("text")
    latency_ms: int | None = optional("plain")
    rival: str | None = optional("plain")
    reason: str | None = optional("text")
    evidence: Evidence | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Agent(Event):
    """A step of an agent or a chat; `id` ties its edits to it through `ref`.

    `at`: when it happened, as `t` counts, where the line was written later; negative before the session.
    """

    type: ClassVar[str] = "agent"

    id: str = required("plain")
    phase: Literal["prompt", "message", "tool_call", "tool_result"] = required("plain")
    conversation: str | None = optional("plain")
    parent: str | None = optional("plain")
    provider: str | None = optional("identifier")
    model: str | None = optional("identifier")
    tool: str | None = optional("identifier")
    paths: list[str] | None = optional("path")
    text: str | None = optional("text")
    evidence: Evidence | None = optional("plain")
    at: int | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Run(Event):
    """A program that was run; `saw` maps a document to the seq of the text on disk that it saw.

    `parent` is the run that started this one: the terminal's or the task's of a test run.
    """

    type: ClassVar[str] = "run"

    id: str = required("plain")
    phase: Literal["started", "output", "ended"] = required("plain")
    kind: Literal["task", "terminal", "debug", "test"] | None = optional("plain")
    command: str | None = optional("text")
    output: str | None = optional("text")
    exit_code: int | None = optional("plain")
    duration_ms: int | None = optional("plain")
    saw: dict[str, int] | None = optional("plain")
    parent: str | None = optional("plain")
    evidence: Evidence | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Test(Event):
    """The result of one test of a run."""

    type: ClassVar[str] = "test"

    run: str = required("plain")
    test: str = required("identifier")
    outcome: Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"] = required("plain")
    duration_ms: int | None = optional("plain")
    message: str | None = optional("text")
    path: str | None = optional("path")
    line: int | None = optional("plain")
    output: str | None = optional("text")
    evidence: Evidence | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Workspace(Event):
    """The files that git tracks or would take, in `manifest`: a blob `{"files": [{"path", "mode", "blob"}]}`.

    `run` names the run at whose start they were read; its `started` came before this line.
    """

    type: ClassVar[str] = "workspace"

    manifest: str = required("text", is_hash=True)
    files: int = required("plain")
    omitted: int | None = optional("plain")
    head: str | None = optional("identifier")
    dirty: bool | None = optional("plain")
    runtime: dict[str, str] | None = optional("identifier")
    run: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Diagnostics(Event):
    """What the checkers say of a document: counts, and the entries that changed."""

    type: ClassVar[str] = "diagnostics"

    doc: int = required("plain")
    counts: dict[str, int] = required("plain")
    added: list[dict[str, Any]] | None = optional("text")
    removed: list[dict[str, Any]] | None = optional("text")


@dataclass(slots=True, kw_only=True)
class Vcs(Event):
    """Something happened in version control. `op` names it for the edits that it made (`ref`).

    `files` counts the changed paths, of which `paths` may name only some.
    """

    type: ClassVar[str] = "vcs"

    action: VcsAction = required("plain")
    id: str | None = optional("identifier")
    parents: list[str] | None = optional("identifier")
    branch: str | None = optional("identifier")
    message: str | None = optional("text")
    paths: list[str] | None = optional("path")
    how: VcsHow | None = optional("plain")
    op: str | None = optional("plain")
    files: int | None = optional("plain")
    evidence: Evidence | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Review(Event):
    """A comment of a review."""

    type: ClassVar[str] = "review"

    id: str = required("identifier")
    phase: Literal["added", "changed", "removed"] = required("plain")
    doc: int | None = optional("plain")
    path: str | None = optional("path")
    range: Range | None = optional("plain")
    text: str | None = optional("text")
    author: str | None = optional("identifier")
    state: Literal["commented", "approved", "changes_requested", "resolved"] | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Feedback(Event):
    """A rating of, or a reason for what became of, a suggestion or an agent's step."""

    type: ClassVar[str] = "feedback"

    ref: str = required("plain")
    rating: int | None = optional("plain")
    reason: str | None = optional("text")


@dataclass(slots=True, kw_only=True)
class Annotation(Event):
    """A note on a place in the code."""

    type: ClassVar[str] = "annotation"

    id: str = required("plain")
    phase: Literal["added", "changed", "removed"] = required("plain")
    doc: int | None = optional("plain")
    range: Range | None = optional("plain")
    level: Literal["line", "segment", "function"] | None = optional("plain")
    symbol: str | None = optional("identifier")
    kind: Literal["purpose", "design", "function"] | None = optional("plain")
    text: str | None = optional("text")
    author: str | None = optional("identifier")
    confidence: float | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Command(Event):
    """A named command of the editor that matters to the story."""

    type: ClassVar[str] = "command"

    id: str = required("plain")
    name: str = required("identifier")
    doc: int | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Consent(Event):
    """The level and the use in force from here on."""

    type: ClassVar[str] = "consent"

    level: Choice = required("plain")
    use: Use = required("plain")
    policy: str = required("plain")


@dataclass(slots=True, kw_only=True)
class Pause(Event):
    """Recording rests from here to the next `resume`."""

    type: ClassVar[str] = "pause"

    reason: str | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Resume(Event):
    """Recording goes on."""

    type: ClassVar[str] = "resume"


@dataclass(slots=True, kw_only=True)
class Forget(Event):
    """The contributor took back the lines from this seq up to `through`, that one included."""

    type: ClassVar[str] = "forget"

    through: int = required("plain")


@dataclass(slots=True, kw_only=True)
class Gap(Event):
    """Something is known to be lost: why, how much, and the seqs up to `through` where they are.

    `docs` names the documents whose text is unknown until an `open` re-bases them; without it, and
    for a reason other than `unsupported` and `not_emitted`, all of them are.
    """

    type: ClassVar[str] = "gap"

    reason: Literal["unsupported", "not_emitted", "delivery_lost", "interrupted", "refused"] = required(
        "plain"
    )
    count: int | None = optional("plain")
    through: int | None = optional("plain")
    detail: str | None = optional("plain")
    docs: list[int] | None = optional("plain")


@dataclass(slots=True, kw_only=True)
class Clock(Event):
    """The wall clock jumped by more than a second: the time it shows now, in UTC."""

    type: ClassVar[str] = "clock"

    utc: str = required("plain")


@dataclass(slots=True, kw_only=True)
class End(Event):
    """The last line of a session."""

    type: ClassVar[str] = "end"

    reason: Literal["shutdown", "idle", "rollover", "consent", "erased", "interrupted"] = required("plain")


@dataclass(slots=True, kw_only=True)
class Unknown(Event):
    """A line of a type that this version does not know, with its fields as they came."""

    type: ClassVar[str] = "unknown"

    name: str = required("plain")
    fields: dict[str, Any] = required("plain")


#: The union, by its tags, in the order of the docs' table.
TYPES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        Session,
        Open,
        Close,
        Rename,
        Save,
        Edit,
        Attribution,
        Select,
        View,
        Focus,
        Completion,
        Agent,
        Run,
        Test,
        Workspace,
        Diagnostics,
        Vcs,
        Review,
        Feedback,
        Annotation,
        Command,
        Consent,
        Pause,
        Resume,
        Forget,
        Gap,
        Clock,
        End,
    )
}

#: What a client may send through `pairlog/observe` beside `cause` and `time` (docs/protocol.md).
OBSERVABLE: tuple[type[Event], ...] = (
    Select,
    View,
    Focus,
    Completion,
    Agent,
    Run,
    Test,
    Diagnostics,
    Review,
    Feedback,
    Annotation,
    Command,
)


def kinds(cls: type[Event]) -> dict[str, Kind]:
    """The declared kind of each field of an event class, in wire order."""
    return {f.name: f.metadata["kind"] for f in fields(cls)}


def hashes(cls: type[Event]) -> frozenset[str]:
    """The fields of an event class that hold a hash of content."""
    return frozenset(f.name for f in fields(cls) if f.metadata["is_hash"])
