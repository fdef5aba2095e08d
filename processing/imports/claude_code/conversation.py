"""Prompts, messages, tool calls and their results, as the `agent` events that tell them; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from processing.imports.claude_code.entries import Entry
from processing.imports.claude_code.left_out import LeftOut

Phase = Literal["prompt", "message", "tool_call", "tool_result"]
_ID_CHARS_MAX = 200
#: What the program puts into a person's mouth begins so.
_INJECTED = (
    *("<local-command-", "<bash-stdout>", "<bash-stderr>", "<user-prompt-submit-hook>", "<system-reminder>"),
    *("<task-notification>", "[Request interrupted by user", "Caveat: The messages below were generated"),
)


@dataclass(frozen=True)
class Call:
    """A tool call: `id` is the agent's own."""

    id: str
    tool: str
    given: dict[str, Any]
    at: int
    parent: str | None


class Step(NamedTuple):
    """An `agent` event in the making; `call` where it is a tool call or its result."""

    phase: Phase
    id: str
    text: str
    parent: str | None
    conversation: str
    model: str | None
    call: Call | None = None
    is_error: bool = False


class Conversation:
    """Takes the entries of a transcript in their order."""

    def __init__(self, session: str, left_out: LeftOut) -> None:
        self._session = session
        self._left_out = left_out
        self._calls: dict[str, Call] = {}
        #: The last event that each entry became, or that stood before it; a tool call's is its id.
        self._event_of: dict[str, str | None] = {}
        self._agents: dict[str, str] = {}
        self._told: Counter[str] = Counter()

    def steps(self, entry: Entry) -> Iterator[Step]:
        """What an entry tells, each after the other; nothing for one that is only counted."""
        parent = self._parent(entry)
        uuid = entry.text("uuid")
        if uuid:
            self._event_of[uuid] = parent
        for step in self._read(entry, parent):
            if uuid:
                self._event_of[uuid] = step.id
            yield step

    def _read(self, entry: Entry, parent: str | None) -> Iterator[Step]:
        kind = entry.text("type")
        message = entry.fields.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        if kind not in ("user", "assistant"):
            name = entry.text("subtype") if kind == "system" else entry.fields.get("type", None)
            self._left_out.add("system line" if kind == "system" else "line", name or None)
        elif not isinstance(content, (str, list)):
            self._left_out.add("line without a content", kind)
        elif entry.fields.get("isCompactSummary"):
            self._left_out.add("summary of a conversation that was made shorter")
        elif entry.fields.get("isMeta") or _model(message) == "<synthetic>":
            self._left_out.add("message that the program wrote")
        elif kind == "user":
            yield from self._user(entry, content, parent)
        else:
            yield from self._assistant(entry, content, parent, _model(message))

    def _user(self, entry: Entry, content: str | list[Any], parent: str | None) -> Iterator[Step]:
        said: list[str] = []
        for block in [content] if isinstance(content, str) else content:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                yield from self._result(entry, block)
            else:
                said += self._words(block)
        text = "\n".join(said)
        if text.startswith(_INJECTED):
            self._left_out.add("message that the program wrote")
        elif text:
            yield Step("prompt", self._id(entry), text, parent, self._conversation(entry), None)

    def _assistant(
        self, entry: Entry, content: str | list[Any], parent: str | None, model: str | None
    ) -> Iterator[Step]:
        for block in [content] if isinstance(content, str) else content:
            if isinstance(block, dict) and block.get("type") == "tool_use":
                call = self._call(entry, block, parent)
                if call is not None:
                    text = json.dumps(call.given, ensure_ascii=False)
                    yield Step("tool_call", call.id, text, parent, self._conversation(entry), model, call)
                    parent = call.id
                continue
            for text in self._words(block):
                step = Step("message", self._id(entry), text, parent, self._conversation(entry), model)
                yield step
                parent = step.id

    def _call(self, entry: Entry, block: dict[str, Any], parent: str | None) -> Call | None:
        name, tool, given = _id(block.get("id")), block.get("name"), block.get("input")
        if name is None or not isinstance(tool, str) or name in self._calls:
            self._left_out.add("tool call without an id or a name of its own")
            return None
        call = Call(name, tool, given if isinstance(given, dict) else {}, entry.at, parent)
        self._calls[name] = call
        return call

    def _result(self, entry: Entry, block: dict[str, Any]) -> Iterator[Step]:
        call = self._calls.get(_id(block.get("tool_use_id")) or "")
        if call is None:
            self._left_out.add("result of a tool call that is not here")
            return
        result = entry.fields.get("toolUseResult")
        agent = result.get("agentId") if isinstance(result, dict) else None
        if isinstance(agent, str):
            self._agents[agent] = call.id
        content = block.get("content")
        parts = content if isinstance(content, list) else [content] if content is not None else []
        text = "\n".join(word for part in parts for word in self._words(part))
        is_error = block.get("is_error") is True
        conversation = self._conversation(entry)
        yield Step("tool_result", call.id, text, call.parent, conversation, None, call, is_error)

    def _words(self, block: object) -> list[str]:
        """The text of a block; another one is counted."""
        if isinstance(block, dict) and block.get("type", "text") == "text":
            block = block.get("text")
        if isinstance(block, str):
            return [block] if block else []
        self._left_out.add("block", block.get("type") if isinstance(block, dict) else None)
        return []

    def _parent(self, entry: Entry) -> str | None:
        """The last event above an entry; of a sub-agent's first one the call that began the sub-agent."""
        for name in ("parentUuid", "logicalParentUuid"):
            above = self._event_of.get(entry.text(name))
            if above is not None:
                return above
        return self._began(entry) if entry.agent and not entry.text("parentUuid") else None

    def _began(self, entry: Entry) -> str | None:
        """The one call that gave a sub-agent its prompt."""
        told = self._agents.get(entry.agent or "")
        message = entry.fields.get("message")
        prompt = message.get("content") if isinstance(message, dict) else None
        asked = [it.id for it in self._calls.values() if prompt and it.given.get("prompt") == prompt]
        return told or (asked[0] if len(asked) == 1 else None)

    def _conversation(self, entry: Entry) -> str:
        return f"{self._session}/{entry.agent}" if entry.agent else self._session

    def _id(self, entry: Entry) -> str:
        """An id of its own for each event of an entry: the entry's, with a number behind the first."""
        name = _id(entry.text("uuid")) or "line"
        self._told[name] += 1
        return name if self._told[name] == 1 else f"{name}#{self._told[name]}"


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _ID_CHARS_MAX else None


def _model(message: Any) -> str | None:
    model = message.get("model") if isinstance(message, dict) else None
    return model if isinstance(model, str) else None
