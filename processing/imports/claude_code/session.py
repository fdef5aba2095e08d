"""A transcript as the lines of a session; pure.

What it does not tell is not made up: who changed a file between two tool calls, what a shell command wrote,
what a person typed in their editor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from pairlog import WIRE
from pairlog.denied import DenyList
from pairlog.document import sha256
from pairlog.events import Agent, Edit, End, Event, Gap, Session, Use
from pairlog.ids import session_of
from pairlog.line import LINE_BYTES_MAX, encode
from pairlog.moment import write
from processing.imports.claude_code.conversation import Conversation, Step
from processing.imports.claude_code.documents import Documents
from processing.imports.claude_code.entries import Entry
from processing.imports.claude_code.folder import ProjectFolder
from processing.imports.claude_code.left_out import LeftOut
from processing.imports.claude_code.outcome import WRITING, outcome, whole_text
from processing.imports.imported import AgentEdit, Imported

KIND = "claude-code"
#: The version of what is written here: the same transcript gives the same session in every release of
#: Pairlog, until this number changes.
VERSION = "1"
#: Nobody agreed to Pairlog's wording before this was recorded; who imports it answers for its use.
POLICY = "import"
#: What lies outside of the folder is not told, not even by name.
_OUTSIDE = "edit of a file outside of the folder"
_DENIED = "call with a file that is never recorded"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class BadTranscript(ValueError):
    """Why something is no transcript that can become a session."""


@dataclass(frozen=True)
class Transcript:
    """All entries of a conversation with its sub-agents, in their order; `name` is Claude Code's own."""

    name: str
    entries: Sequence[Entry]
    left_out: LeftOut

    def first(self, field: str) -> str:
        """The first value that a field has; empty where none has it."""
        return next((it.text(field) for it in self.entries if it.text(field)), "")


def session_lines(transcript: Transcript, workspace_of: Callable[[str], list[str]], use: Use) -> Imported:
    """The session of a transcript; its id follows from the entries, the workspace and the use.

    `workspace_of` gives the keyed hashes of a folder, the first of which the header gets. Raises
    BadTranscript where there is no entry, or a line would be too long.
    """
    if not transcript.entries:
        raise BadTranscript("no line of it has a time")
    workspaces = workspace_of(transcript.first("cwd"))
    started = transcript.entries[0].at
    told = repr(
        [KIND, VERSION, workspaces[:1], use, [(it.at, it.agent, it.fields) for it in transcript.entries]]
    )
    session = session_of(started, hashlib.sha256(told.encode()).digest()[:10])
    writing = _Writing(transcript, started)
    writing.emit(
        Session,
        wire=WIRE,
        session=session,
        started_at=write(_EPOCH + timedelta(milliseconds=started)),
        editor={"name": KIND, "version": transcript.first("version") or "unknown"},
        recorder={"name": "pairlog import", "version": VERSION},
        position_encoding="utf-32",
        clock="client",
        workspace=workspaces[0],
        branch=transcript.first("gitBranch") or None,
        consent="content",
        use=use,
        policy=POLICY,
    )
    for entry in transcript.entries:
        writing.take(entry)
    left_out = transcript.left_out.counts
    for what, count in sorted(left_out.items()):
        writing.emit(Gap, reason="not_emitted", count=count, detail=f"of a transcript: {what}")
    writing.emit(End, reason="shutdown")
    lost = dict(left_out + writing.documents.lost)
    return Imported(
        session, writing.lines, writing.edits, lost, tuple(writing.agent_edits), tuple(workspaces)
    )


class _Writing:
    """The lines so far."""

    def __init__(self, transcript: Transcript, started: int) -> None:
        self.lines: list[bytes] = []
        self.edits = 0
        self.agent_edits: list[AgentEdit] = []
        self._left_out = transcript.left_out
        self._folder = ProjectFolder(transcript.first("cwd"))
        self._conversation = Conversation(transcript.name, transcript.left_out)
        self.documents = Documents(self.emit)
        self._denied = DenyList()
        self._started, self._t = started, 0

    def emit(self, event: type[Event], **fields: Any) -> None:
        """Write a line. Raises BadTranscript where it is too long."""
        line = encode(event(seq=len(self.lines), t=self._t, **fields))
        if len(line) > LINE_BYTES_MAX:
            raise BadTranscript(f"its line {len(self.lines)} would have more than {LINE_BYTES_MAX} bytes")
        self.lines.append(line)
        self.edits += event is Edit

    def take(self, entry: Entry) -> None:
        """Write what an entry tells: a call, then what it did, then its result."""
        self._t = entry.at - self._started
        for step in self._conversation.steps(entry):
            if step.phase == "tool_result":
                self._done(entry, step)
            self._tell(entry, step)

    def _tell(self, entry: Entry, step: Step) -> None:
        path = self._path(entry, step) if step.phase == "tool_call" else None
        is_denied = self._is_denied(step)
        self.emit(
            Agent,
            id=step.id,
            phase=step.phase,
            conversation=step.conversation,
            parent=step.parent,
            provider=KIND,
            model=step.model,
            tool=step.call.tool if step.call is not None else None,
            paths=None if path is None or is_denied else [path],
            text=None if is_denied else step.text,
            evidence="reported",
        )

    def _done(self, entry: Entry, step: Step) -> None:
        """What a call did to the files, where it is one that does."""
        call, result = step.call, entry.fields.get("toolUseResult")
        if call is None or step.is_error:
            return
        if self._is_denied(step):
            self._left_out.add(_DENIED)
            return
        if call.tool == "Read":
            read = whole_text(result)
            path = self._folder.relative(read[0], entry.text("cwd")) if read is not None else None
            if read is not None and path is not None:
                self.documents.was_read(path, read[1])
        if call.tool not in WRITING:
            return
        path = self._path(entry, step)
        if path is None:
            self._left_out.add(_OUTSIDE)
            return
        did = outcome(call.tool, call.given, result, self.documents.text(path))
        if did is None:
            return
        if self.documents.was_written(path, did, call.id) and None not in did:
            before, after = sha256(did.before or ""), sha256(did.after or "")
            self.agent_edits.append(AgentEdit(path, before, after, call.at, entry.at, call.id))

    def _path(self, entry: Entry, step: Step) -> str | None:
        """The file inside of the folder that a call names."""
        return self._folder.relative(_named(step), entry.text("cwd"))

    def _is_denied(self, step: Step) -> bool:
        """Whether a call names a file that is never recorded, wherever it lies."""
        path = _named(step).replace("\\", "/").strip("/")
        return self._denied.denies(path) is True


def _named(step: Step) -> str:
    """The path that a call names; empty where it names none."""
    given = step.call.given if step.call is not None else {}
    named = next((given[it] for it in ("file_path", "notebook_path", "path") if given.get(it)), "")
    return named if isinstance(named, str) else ""
